# The current versions of all flows of a project whose name begins with "etl-".
data "prefect_flows" "etl" {
  project_name = "exampleProject"
  name_like    = "etl-%"
  archived     = false
}

output "scheduled" {
  value = [for flow in data.prefect_flows.etl.flows : flow.name if flow.schedule_active]
}
