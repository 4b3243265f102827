# What a review needs to read of a flow.
output "etl" {
  value = provider::prefect::flow_summary(file("flows.json"), "etl")
}
