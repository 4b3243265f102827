data "prefect_flow_group" "etl" {
  version_group_id = prefect_flow.etl.id
}

output "labels" {
  # null if runs inherit the flow's labels, empty if they have none
  value = data.prefect_flow_group.etl.labels
}
