import {
  to = prefect_flow_run.backfill
  identity = {
    id = "9b1f3c7e-2a64-4a0f-8a0f-5d2e7c4b1a90"
  }
}
