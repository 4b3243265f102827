# Signs in as the azurerm provider does: what is left out comes from the ARM_ environment variables.
ephemeral "prefect_aks_token" "cluster" {}

# The token can be used for a cluster that this apply creates.
provider "helm" {
  kubernetes = {
    host                   = module.aks.kubernetes.host
    cluster_ca_certificate = module.aks.kubernetes.cluster_ca_certificate
    token                  = ephemeral.prefect_aks_token.cluster.token
  }
}
