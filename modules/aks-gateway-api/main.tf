# The application routing add-on's Gateway API, which azurerm does not know yet. The module aks ignores the add-on, so that
# the two do not undo each other; should a change of the cluster drop the settings all the same, the next plan shows it here.
resource "azapi_update_resource" "gateway_api" {
  type        = "Microsoft.ContainerService/managedClusters@${var.api_version}"
  resource_id = var.cluster_id

  body = {
    properties = {
      ingressProfile = {
        gatewayAPI = {
          installation = "Standard"
        }
        webAppRouting = {
          gatewayAPIImplementations = {
            appRoutingIstio = {
              mode = "Enabled"
            }
          }
        }
      }
    }
  }
}
