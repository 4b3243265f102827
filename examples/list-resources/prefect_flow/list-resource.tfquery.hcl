# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl. With
# `-generate-config-out=flows.tf` it writes each flow out; put `file("etl.json")` in the place of its `jsonencode(...)`.
variable "project_id" {
  type = string
}

list "prefect_flow" "of_project" {
  provider = prefect

  config {
    project_id = var.project_id
  }
}
