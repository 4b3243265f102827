terraform {
  required_providers {
    prefect = {
      source = "prefect-server/prefect"
    }
  }
}

provider "prefect" {
  endpoint = "https://prefect.example.com/graphql"
  tenant   = "default"

  # With a cluster, runs are checked before they start and followed to their Jobs and pods.
  kubernetes = {
    config_path    = "~/.kube/config"
    config_context = "aks-prefect"
    namespace      = "prefect"
  }
}
