# A run at every apply, such as a smoke test after a deployment. Every plan then shows it, so keep it apart from what should
# have empty plans; with Terraform 1.14 and later, an action does not show in plans.
variable "flow" {
  description = "Version group of the flow."
  type        = string
}

resource "prefect_flow_run" "check" {
  version_group_id = var.flow
  triggers         = { at = plantimestamp() }
}
