# Terraform 1.14 and later. By hand:
#
#   terraform apply -invoke action.prefect_flow_run_cancel.stuck -var run=2f6cbb4e-5a4b-4f4e-9f5a-1a2b3c4d5e6f
variable "run" {
  type        = string
  description = "UUID of the run to cancel."
}

action "prefect_flow_run_cancel" "stuck" {
  config {
    id      = var.run
    timeout = "2m"
  }
}

# All unfinished runs of a flow.
data "prefect_flow" "etl" {
  project_name = "data"
  name         = "etl"
}

action "prefect_flow_run_cancel" "all_of_etl" {
  config {
    version_group_id = data.prefect_flow.etl.version_group_id
    timeout          = "10m"
  }
}
