output "project" {
  description = "The project: id and name."
  value = {
    id   = prefect_project.example.id
    name = prefect_project.example.name
  }
}

output "flow" {
  description = "The registration: version group, the id and number of its current version, and the run's labels."
  value = {
    version_group_id = prefect_flow.example.id
    flow_id          = prefect_flow.example.flow_id
    version          = prefect_flow.example.version
  }
}

output "flow_run" {
  description = "The run: id, name, how it ended and the states it passed."
  value = {
    id     = prefect_flow_run.example.id
    name   = prefect_flow_run.example.name
    state  = prefect_flow_run.example.state
    states = prefect_flow_run.example.states
    agent  = prefect_flow_run.example.agent
  }
}

output "job" {
  description = "What ran in the cluster: the Kubernetes Job, its pods and their containers."
  value       = prefect_flow_run.example.job
}
