output "id" {
  description = "Id of the server."
  value       = azurerm_postgresql_flexible_server.this.id
}

output "database" {
  description = "The database as the module prefect-server takes it: host, port, name and user. Available when the extensions are allowed and the database exists."
  value = {
    host = azurerm_postgresql_flexible_server.this.fqdn
    port = 5432
    name = azurerm_postgresql_flexible_server_database.this.name
    user = azurerm_postgresql_flexible_server.this.administrator_login
  }
  depends_on = [
    azurerm_postgresql_flexible_server_configuration.extensions,
    azurerm_postgresql_flexible_server_configuration.tls,
    azurerm_postgresql_flexible_server_firewall_rule.this,
  ]
}
