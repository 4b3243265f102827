mock_provider "azapi" {}

run "enables_the_gateway_api" {
  variables {
    cluster_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example"
  }
  assert {
    condition     = azapi_update_resource.gateway_api.type == "Microsoft.ContainerService/managedClusters@2026-04-01" && azapi_update_resource.gateway_api.body.properties.ingressProfile.gatewayAPI.installation == "Standard"
    error_message = "The Gateway API is not enabled."
  }
  assert {
    condition     = output.gateway_class_name == "approuting-istio"
    error_message = "The gateway class is wrong."
  }
}
