data "prefect_flow" "etl" {
  project_name = "exampleProject"
  name         = "etl"
}

# The last ten runs of the flow that failed.
data "prefect_flow_runs" "failed" {
  version_group_id = data.prefect_flow.etl.version_group_id
  states           = ["Failed", "TimedOut", "TriggerFailed"]
  limit            = 10
}

output "failures" {
  value = { for run in data.prefect_flow_runs.failed.flow_runs : run.name => run.state_message }
}
