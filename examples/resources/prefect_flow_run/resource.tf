resource "prefect_flow_run" "backfill" {
  flow_id    = prefect_flow.etl.flow_id
  name       = "backfill-2024"
  parameters = jsonencode({ year = 2024 })
  labels     = ["production"]

  # Another run starts when this value changes, and only then.
  triggers = {
    data = filesha256("${path.module}/input.csv")
  }

  wait_for = "finished"

  timeouts = {
    total = "2h"
  }
}

output "job" {
  value = prefect_flow_run.backfill.job
}
