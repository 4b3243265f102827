import {
  to = prefect_tenant.data
  identity = {
    id = "6f6a2b9e-1f0e-4f63-9a3c-7a3e1d0f2b11"
  }
}
