locals {
  etl = provider::prefect::parse_flow(file("flows.json"), "etl")
}

output "required_parameters" {
  value = [for parameter in local.etl.parameters : parameter.name if parameter.required]
}
