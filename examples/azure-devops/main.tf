# What azure-pipelines.yml applies: the flows, on a cluster that another state made. The pipeline signs in with a service connection
# (Azure Resource Manager, workload identity federation), whose application is in the group that administers the cluster.
terraform {
  required_version = ">= 1.11"
  required_providers {
    prefect = {
      source  = "prefect-server/prefect"
      version = ">= 0.1, < 2.0"
    }
  }

  backend "azurerm" {
    key              = "flows.tfstate"
    use_oidc         = true
    use_azuread_auth = true
  }
}

data "terraform_remote_state" "infrastructure" {
  backend = "azurerm"
  config = {
    resource_group_name  = var.state.resource_group_name
    storage_account_name = var.state.storage_account_name
    container_name       = var.state.container_name
    key                  = "infrastructure.tfstate"
    use_oidc             = true
    use_azuread_auth     = true
  }
}

variable "state" {
  description = "Where the states are."
  type = object({
    resource_group_name  = string
    storage_account_name = string
    container_name       = string
  })
}

provider "prefect" {
  port_forward = data.terraform_remote_state.infrastructure.outputs.prefect.port_forward
  tenant       = "default"

  kubernetes = {
    host                   = data.terraform_remote_state.infrastructure.outputs.kubernetes.host
    cluster_ca_certificate = data.terraform_remote_state.infrastructure.outputs.kubernetes.cluster_ca_certificate
    namespace              = data.terraform_remote_state.infrastructure.outputs.prefect.flows_namespace
    azure                  = { use_oidc = true } # the rest comes from the pipeline's environment
  }
}

resource "prefect_project" "data" {
  name = "data"
}

resource "prefect_flow" "all" {
  for_each = fileset("${path.module}/flows", "*.json")

  project_id = prefect_project.data.id
  flow_json  = file("${path.module}/flows/${each.value}")
  labels     = ["aks"]
}
