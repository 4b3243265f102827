output "ids" {
  description = "Ids of the alerts agent-silent, towel-silent and runs-late."
  value       = { for name, alert in azurerm_monitor_scheduled_query_rules_alert_v2.this : name => alert.id }
}
