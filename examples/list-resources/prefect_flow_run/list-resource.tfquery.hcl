# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl: the last failures of a flow since a given time.
variable "version_group_id" {
  type = string
}

variable "since" {
  type    = string
  default = "2026-11-01T00:00:00Z"
}

list "prefect_flow_run" "failures" {
  provider = prefect
  limit    = 20

  config {
    version_group_id = var.version_group_id
    states           = ["Failed"] # and its special cases, such as TimedOut
    started_after    = var.since
  }
}
