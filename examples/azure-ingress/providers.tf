terraform {
  required_version = ">= 1.11"
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 1.15, < 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2, < 6.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.1, < 4.0"
    }
    prefect = {
      source  = "prefect-server/prefect"
      version = ">= 0.1, < 2.0"
    }
  }
}

provider "azapi" {}

provider "azurerm" {
  features {}

  # Version 5 registers none by itself, and a subscription knows few.
  resource_providers_to_register = [
    "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
  ]
}

# A token for the helm provider, from a block of its own: the one at the end needs what helm installs.
provider "prefect" {
  alias = "sign_in"
}

ephemeral "prefect_aks_token" "cluster" {
  provider = prefect.sign_in
}

provider "helm" {
  kubernetes = {
    host                   = module.stack.kubernetes.host
    cluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate
    token                  = ephemeral.prefect_aks_token.cluster.token
  }
}

provider "prefect" {
  port_forward  = module.stack.prefect.port_forward
  tenant        = "default"
  ready_timeout = "5m"

  kubernetes = {
    host                   = module.stack.kubernetes.host
    cluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate
    namespace              = module.stack.prefect.flows_namespace
    azure                  = {}
  }
}
