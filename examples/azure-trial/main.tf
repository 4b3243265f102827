# The smallest installation that works, for a new subscription: 4 vCPUs of one family, 8 while nodes are upgraded, of the 10 that
# new subscriptions have. No uptime SLA, no standby, one node for flows, a registry with a public address (and a login). No ACR tasks,
# which free credits do not pay for.
#
# Growing out of it: take the settings away one by one. Only the registry's SKU, the database's size and the pools change,
# all of them in place.
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
}

variable "api_server_ranges" {
  description = "Addresses from which the Kubernetes API may be reached: at least that of the machine that runs Terraform."
  type        = set(string)
}

variable "administrator_object_id" {
  description = "Object id of the user who runs Terraform: `az ad signed-in-user show --query id`."
  type        = string
}

variable "database_password" {
  description = "Password of the database's administrator."
  type        = string
  sensitive   = true
}

module "stack" {
  source = "git::https://github.com/prefect-server/terraform-provider-prefect.git//modules/stack?ref=v0.1.0"

  name              = "prefect-trial"
  location          = "westeurope"
  database_password = var.database_password

  cluster = {
    sku_tier                        = "Free"
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = var.api_server_ranges
    cluster_admin_principal_ids     = { administrator = var.administrator_object_id }
    system_pool                     = { vm_size = "Standard_D2ds_v5", min_count = 1, max_count = 1 }
    user_pools                      = { flows = { vm_size = "Standard_D2ds_v5", max_count = 1, os_disk_size_gb = 64 } }
  }
  registry = {
    sku                           = "Basic"
    public_network_access_enabled = true
  }
  database = {
    sku_name              = "B_Standard_B1ms"
    storage_mb            = 32768
    backup_retention_days = 7
  }
  prefect = {
    database_existing_secret = module.database_secret.name
    agent                    = { labels = ["aks"] }
    # This size of database has connections for 35.
    components = { hasura = { env = { HASURA_GRAPHQL_PG_CONNECTIONS = "20" } } }
  }
}

module "database_secret" {
  source = "git::https://github.com/prefect-server/terraform-provider-prefect.git//modules/database-secret?ref=v0.1.0"

  password = var.database_password
}

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

resource "prefect_tenant" "default" {
  name = "default"
  slug = "default"
}
