output "id" {
  description = "Id of the registry."
  value       = azurerm_container_registry.this.id
}

output "name" {
  description = "Name of the registry."
  value       = azurerm_container_registry.this.name
}

output "login_server" {
  description = "Host of the registry, NAME.azurecr.io: what images are prefixed with. Known to users only when the roles and cache rules are in place."
  value       = azurerm_container_registry.this.login_server
  depends_on  = [azurerm_role_assignment.pull, azurerm_role_assignment.credentials, azurerm_container_registry_cache_rule.this, azurerm_private_endpoint.this]
}

output "flow_image" {
  description = "The image that build made, with the registry's host; null without build."
  value       = var.build == null ? null : "${azurerm_container_registry.this.login_server}/${var.build.image}"
  depends_on  = [azurerm_container_registry_task_schedule_run_now.build, azurerm_role_assignment.pull, azurerm_private_endpoint.this]
}

output "credential_set_principal_id" {
  description = "Object id of the identity that reads cache_credentials from Key Vault. Without cache_credentials.key_vault it has yet to be allowed to. null without credentials."
  value       = one(azurerm_container_registry_credential_set.this[*].identity[0].principal_id)
}

output "mirrors" {
  description = "true if the registry has a cache rule for each of the Server's images."
  value       = alltrue([for image in values(local.server_images) : contains(values(local.cache_rules)[*].target, image.target)])
}
