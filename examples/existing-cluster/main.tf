# Prefect Server on an existing cluster, for a trial: its database runs in the cluster and keeps nothing. The Server is not
# exposed; the provider reaches it through the cluster's API.

terraform {
  required_version = ">= 1.11"
  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = ">= 1.3.2, < 4.0"
    }
    prefect = {
      source  = "prefect-server/prefect"
      version = ">= 0.1, < 2.0"
    }
  }
}

provider "helm" {
  # The syntax of version 3 of the helm provider; before, this was a block (`kubernetes { ... }`).
  kubernetes = {
    config_path = var.kubeconfig
  }
}

provider "prefect" {
  port_forward = module.prefect_server.port_forward

  kubernetes = {
    config_path = var.kubeconfig
    namespace   = module.prefect_server.flows_namespace
  }
}

variable "kubeconfig" {
  description = "Path of the cluster's kubeconfig."
  type        = string
  default     = "~/.kube/config"
}

variable "database_password" {
  description = "Password of the trial's database."
  type        = string
  sensitive   = true
}

module "prefect_server" {
  source = "../../modules/prefect-server"

  embedded_database_acknowledged = true
  database_password              = var.database_password
  agent                          = { labels = ["example"] }
}

resource "prefect_tenant" "default" {
  name = "default"
  slug = "default"
}

output "prefect" {
  description = "What the provider block and an agent of your own need."
  value = {
    port_forward = module.prefect_server.port_forward
    agent_env    = module.prefect_server.agent_env
  }
}
