# The document that `prefect build -p etl.py -o etl.json` wrote.
resource "prefect_flow" "etl" {
  project_id = prefect_project.example.id
  flow_file  = "${path.module}/etl.json"
  labels     = ["production"]
}

# The same flow with a run configuration that Terraform declares.
resource "prefect_flow" "etl_large" {
  project_id = prefect_project.large.id
  flow_file  = "${path.module}/etl.json"

  run_config = {
    kubernetes = {
      job_template_path = "${path.module}/deploy_linux.yaml"
      image             = "myregistry.azurecr.io/etl:2024-06-01"
      memory_request    = "8Gi"
      labels            = ["large"]
    }
  }

  deletion_policy = "delete"
}
