# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl.
list "prefect_flow_group" "nightly" {
  provider = prefect

  config {
    name_like = "nightly-%"
  }
}
