import {
  to = prefect_cloud_hook.etl_failed
  identity = {
    id = "7a1f3c5d-2b4e-4f60-8d92-1e3c5a7b9d0f"
  }
}
