# Runs of all versions of the flow: every weekday at six with other parameters than by hand, on large nodes.
resource "prefect_flow_group" "etl" {
  version_group_id = prefect_flow.etl.id
  description      = "Nightly loads. Ask the data platform team before changing the schedule."

  labels             = ["production", "large"]
  default_parameters = jsonencode({ source = "warehouse", full = false })

  schedule = {
    timezone = "Europe/Berlin"
    clocks = [
      { cron = "0 6 * * 1-5" },
      { interval = "168h", parameter_defaults = jsonencode({ full = true }) },
    ]
  }
  schedule_active = true

  run_config = {
    kubernetes = {
      image          = "myregistry.azurecr.io/etl:2024-06-01"
      memory_request = "8Gi"
    }
  }
}

# No labels at all, so that only agents without labels take the runs, and lost runs are not started again.
resource "prefect_flow_group" "report" {
  version_group_id = prefect_flow.report.id
  labels           = []
  lazarus          = false
}
