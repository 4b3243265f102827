variable "flow_run_id" {
  type = string
}

data "prefect_flow_run_logs" "warnings" {
  flow_run_id = var.flow_run_id
  level       = "WARNING"
  tail        = 50
}

output "log" {
  value = data.prefect_flow_run_logs.warnings.text
}
