# Signs in as the azurerm provider does: what is left out comes from the ARM_ environment variables.
#
# Where the block of the provider prefect needs what helm installs (its port_forward), the token comes from a second, empty block:
# otherwise each would wait for the other.
provider "prefect" {
  alias = "sign_in"
}

ephemeral "prefect_aks_token" "cluster" {
  provider = prefect.sign_in
}

# The token can be used for a cluster that this apply creates.
provider "helm" {
  kubernetes = {
    host                   = module.aks.kubernetes.host
    cluster_ca_certificate = module.aks.kubernetes.cluster_ca_certificate
    token                  = ephemeral.prefect_aks_token.cluster.token
  }
}
