# Registers every flow of a document that `prefect build` wrote.
resource "prefect_flow" "all" {
  for_each = provider::prefect::flows(file("flows.json"))

  project_id = prefect_project.example.id
  flow_json  = each.value
}
