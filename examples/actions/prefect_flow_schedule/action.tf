# Terraform 1.14 and later. Before maintenance, and after it:
#
#   terraform apply -invoke action.prefect_flow_schedule.nightly -var active=false
#   terraform apply -invoke action.prefect_flow_schedule.nightly -var active=true
variable "active" {
  type    = bool
  default = true
}

data "prefect_flow" "nightly" {
  project_name = "data"
  name         = "nightly-load"
}

action "prefect_flow_schedule" "nightly" {
  config {
    version_group_id = data.prefect_flow.nightly.version_group_id
    active           = var.active
  }
}
