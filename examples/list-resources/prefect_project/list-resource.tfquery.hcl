# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl. With
# `-generate-config-out=projects.tf` it writes a resource and an import block for each.
list "prefect_project" "data" {
  provider         = prefect
  include_resource = true

  config {
    name_like = "data-%"
  }
}
