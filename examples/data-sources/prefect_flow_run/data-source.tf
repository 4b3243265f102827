data "prefect_tenant" "finance" {
  slug = "finance"
}

data "prefect_flow" "etl" {
  tenant_id    = data.prefect_tenant.finance.id
  project_name = "exampleProject"
  name         = "etl"
}

# The newest run of a flow, here of another tenant than the provider's.
data "prefect_flow_run" "newest" {
  tenant_id        = data.prefect_tenant.finance.id
  version_group_id = data.prefect_flow.etl.version_group_id
}

output "newest" {
  value = "${data.prefect_flow_run.newest.name} is ${data.prefect_flow_run.newest.state}"
}
