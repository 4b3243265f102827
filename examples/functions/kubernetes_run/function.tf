output "run_config" {
  value = provider::prefect::kubernetes_run({
    image        = "registry.example.com/etl:1.0"
    env          = { LOG_LEVEL = "INFO" }
    memory_limit = "1Gi"
    labels       = ["k8s"]
  })
}
