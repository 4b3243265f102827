variable "flow_run_id" {
  type = string
}

# Needs `kubernetes` in the provider block.
data "prefect_kubernetes_job" "this" {
  flow_run_id = var.flow_run_id
  namespace   = "prefect"
}

output "containers" {
  value = flatten([
    for pod in data.prefect_kubernetes_job.this.pods : [
      for container in pod.containers : "${pod.name}/${container.name}: ${coalesce(container.state, "unknown")} ${coalesce(container.reason, "")}"
    ]
  ])
}
