output "cluster" {
  description = "The cluster."
  value       = module.stack.cluster
}

output "registry" {
  description = "The registry and the flow's image."
  value       = module.stack.registry
}

output "prefect" {
  description = "The Server."
  value       = module.stack.prefect
}

output "flow_run" {
  description = "The run: how it ended, and the Job that it was."
  value = {
    id    = prefect_flow_run.example.id
    state = prefect_flow_run.example.state
    job   = prefect_flow_run.example.job
  }
}
