# HCP Terraform, first of two workspaces: everything in Azure and the Server's release. The second has flows alone, and needs no
# rights in Azure but those on the cluster.
#
# Runs of both go to an agent in the network. HCP Terraform's own machines have addresses that it does not publish, so they can be
# named in no api_server_authorized_ip_ranges, and never reach a private cluster, as this one is. Before there is a network of yours the agent needs
# one to be in: peer it with the output network.
#
# The workspaces' variables (environment): TFC_AZURE_PROVIDER_AUTH = true, TFC_AZURE_RUN_CLIENT_ID, ARM_TENANT_ID,
# ARM_SUBSCRIPTION_ID. The application behind the client id has two federated credentials for each workspace, with the subjects
# organization:ORGANIZATION:project:PROJECT:workspace:WORKSPACE:run_phase:plan and ...:apply.
terraform {
  required_version = ">= 1.11"
  required_providers {
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

  cloud {
    organization = "example"
    workspaces {
      name = "prefect-infrastructure" # execution mode: agent
    }
  }
}

provider "azurerm" {
  use_oidc = true
  features {}

  # Version 5 registers none by itself, and a subscription knows few.
  resource_providers_to_register = [
    "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
  ]
}

# Signs in for the helm provider, with the run's token.
ephemeral "prefect_aks_token" "cluster" {
  use_oidc = true
}

provider "helm" {
  kubernetes = {
    host                   = module.stack.kubernetes.host
    cluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate
    token                  = ephemeral.prefect_aks_token.cluster.token
  }
}

variable "database_password" {
  description = "Password of the database's administrator: a sensitive variable of the workspace."
  type        = string
  sensitive   = true
}

variable "administrator_object_id" {
  description = "Object id of a group with the applications of both workspaces."
  type        = string
}

module "stack" {
  source = "git::https://github.com/prefect-server/terraform-provider-prefect.git//modules/stack?ref=v0.1.0"

  name              = "prefect-example"
  location          = "westeurope"
  database_password = var.database_password

  cluster = {
    cluster_admin_principal_ids = { terraform = var.administrator_object_id }
  }
  prefect = {
    database_existing_secret = module.database_secret.name
    agent                    = { labels = ["aks"] }
  }
}

module "database_secret" {
  source = "git::https://github.com/prefect-server/terraform-provider-prefect.git//modules/database-secret?ref=v0.1.0"

  password = var.database_password
}

# What the second workspace reads. "Remote state sharing" of this workspace has to name it.
output "kubernetes" {
  description = "How to reach the cluster."
  value       = module.stack.kubernetes
  sensitive   = true
}

output "prefect" {
  description = "The Server."
  value       = module.stack.prefect
}

output "network" {
  description = "The network, to peer the agent's with."
  value       = module.stack.network
}
