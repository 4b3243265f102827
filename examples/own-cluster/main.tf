# A flow that is in an image of yours, run by an agent of yours.
terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }
}

provider "prefect" {
  endpoint = "https://prefect.example.com/graphql"

  kubernetes = {
    config_path    = "~/.kube/config"
    config_context = "flows"
    namespace      = "flows" # the agent's
  }
}

variable "image" {
  description = "The image that contains the flow, by digest: myregistry.azurecr.io/flows@sha256:..."
  type        = string
}

resource "prefect_project" "data" {
  name = "data"
}

resource "prefect_flow" "etl" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/../flows/etl.json"

  run_config = {
    kubernetes = {
      image          = var.image
      labels         = ["flows"]
      memory_request = "512Mi"
    }
  }
}

# Proves that all of it works. Later, runs come from a schedule or a pipeline.
resource "prefect_flow_run" "smoke_test" {
  flow_id = prefect_flow.etl.flow_id
  name    = "smoke-test"
}
