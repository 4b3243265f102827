provider "azurerm" {
  features {}

  # Version 5 registers none by itself, and a subscription knows few.
  resource_providers_to_register = [
    "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
  ]
}

# A token for the helm provider, which takes one and does not sign in itself. It comes from a provider block of its own: the one at
# the end needs what helm installs.
provider "prefect" {
  alias = "sign_in"
}

ephemeral "prefect_aks_token" "cluster" {
  provider = prefect.sign_in
}

# The cluster does not exist when the first plan is made: both providers below wait until the apply knows where it is.
provider "helm" {
  kubernetes = {
    host                   = module.stack.kubernetes.host
    cluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate
    token                  = ephemeral.prefect_aks_token.cluster.token
  }
}

provider "prefect" {
  # The Server is not exposed: the provider reaches it through the cluster's own API, as `kubectl port-forward` does.
  port_forward = module.stack.prefect.port_forward
  tenant       = "default"
  # The release has only just been made when the provider first asks.
  ready_timeout = "5m"

  kubernetes = {
    host                   = module.stack.kubernetes.host
    cluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate
    namespace              = module.stack.prefect.flows_namespace
    azure                  = {} # signs in as azurerm does, from the same environment
  }
}
