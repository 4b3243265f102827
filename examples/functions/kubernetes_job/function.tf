locals {
  run_config = {
    image     = "example.azurecr.io/etl:1"
    cpu_limit = "2"
    env       = { STAGE = "prod" }
  }

  job = provider::prefect::kubernetes_job(local.run_config, {
    flow_json = file("flows.json")
    name      = "etl"
    agent     = { labels = ["k8s"], service_account_name = "flows" }
  })
}

# A policy: every flow runs with a limit.
check "limits" {
  assert {
    condition     = can(local.job.spec.template.spec.containers[0].resources.limits.cpu)
    error_message = "The flow's container has no limit of processors."
  }
}
