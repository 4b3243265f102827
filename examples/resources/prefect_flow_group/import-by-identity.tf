import {
  to = prefect_flow_group.etl
  identity = {
    id = "9d2b8c1e-3f0a-4d57-9a46-6c1f2e7b8a90"
  }
}
