# Terraform 1.14 and later. By hand:
#
#   terraform apply -invoke action.prefect_flow_run_restart.failed -var run=2f6cbb4e-5a4b-4f4e-9f5a-1a2b3c4d5e6f
variable "run" {
  type        = string
  description = "UUID of the failed run."
}

action "prefect_flow_run_restart" "failed" {
  config {
    id = var.run

    timeouts = {
      total = "30m"
    }
  }
}
