# What the pipeline applies: every build document of flows/, in an image that the pipeline has pushed.
terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }

  backend "azurerm" {} # any that locks
}

provider "prefect" {} # PREFECT__CLOUD__API, and the rest of the client's variables

variable "image" {
  description = "The image with the code of all flows, by digest."
  type        = string
}

resource "prefect_project" "data" {
  name = "data"
}

resource "prefect_flow" "all" {
  for_each = fileset("${path.module}/flows", "*.json")

  project_id = prefect_project.data.id
  flow_file  = "${path.module}/flows/${each.value}"

  run_config = {
    kubernetes = {
      image = var.image
    }
  }
}
