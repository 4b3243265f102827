# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl: the last failures of a flow.
variable "version_group_id" {
  type = string
}

list "prefect_flow_run" "failures" {
  provider = prefect
  limit    = 20

  config {
    version_group_id = var.version_group_id
    states           = ["Failed", "TimedOut"]
  }
}
