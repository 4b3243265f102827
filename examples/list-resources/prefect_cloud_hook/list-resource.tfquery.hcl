# For `terraform query` (Terraform 1.14 and later), in a file whose name ends in .tfquery.hcl. Secrets are not read back:
# give each hook its own again.
list "prefect_cloud_hook" "slack" {
  provider = prefect

  config {
    type = "SLACK_WEBHOOK"
  }
}
