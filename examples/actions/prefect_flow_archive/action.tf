# Terraform 1.14 and later. For a flow that nothing registers any more:
#
#   terraform apply -invoke action.prefect_flow_archive.retired
data "prefect_flow" "retired" {
  project_name = "data"
  name         = "old-load"
}

action "prefect_flow_archive" "retired" {
  config {
    version_group_id = data.prefect_flow.retired.version_group_id
  }
}
