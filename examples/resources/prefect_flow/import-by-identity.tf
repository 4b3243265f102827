import {
  to = prefect_flow.etl
  identity = {
    id = "4c1d7a52-7a53-4a41-b7d8-3f0a6b2c9d55"
  }
}
