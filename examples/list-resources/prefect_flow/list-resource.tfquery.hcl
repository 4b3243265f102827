# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl.
variable "project_id" {
  type = string
}

list "prefect_flow" "of_project" {
  provider = prefect

  config {
    project_id = var.project_id
  }
}
