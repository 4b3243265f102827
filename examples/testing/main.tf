terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }
}

variable "environment" {
  type = string
}

resource "prefect_project" "data" {
  name = "data-${var.environment}"
}

resource "prefect_flow" "etl" {
  project_id = prefect_project.data.id
  flow_json  = file("${path.module}/../flows/etl.json")
  labels     = [var.environment]
}
