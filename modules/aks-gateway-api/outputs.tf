output "gateway_class_name" {
  description = "Name of the gateway class, for exposure.class_name of the module prefect-server. Available when the cluster has it."
  value       = "approuting-istio"
  depends_on  = [azapi_update_resource.gateway_api]
}
