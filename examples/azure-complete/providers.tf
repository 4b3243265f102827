provider "azurerm" {
  features {}

  # Version 5 registers none by itself, and a subscription knows few.
  resource_providers_to_register = [
    "Microsoft.ContainerRegistry", "Microsoft.ContainerService", "Microsoft.DBforPostgreSQL", "microsoft.insights", "Microsoft.ManagedIdentity", "Microsoft.Network",
  ]
}

# The cluster does not exist when the first plan is made: both providers below wait until the apply knows where it is.
provider "helm" {
  kubernetes = {
    host                   = module.stack.kubernetes.host
    cluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate
    exec                   = module.stack.kubernetes.exec
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
    exec                   = module.stack.kubernetes.exec
    namespace              = module.stack.prefect.flows_namespace
  }
}
