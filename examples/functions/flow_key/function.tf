output "key" {
  value = provider::prefect::flow_key(file("flows.json"), "etl", ["k8s", "prod"])
}
