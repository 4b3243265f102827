# What the module creates.
mock_provider "azurerm" {
  source = "../aks/tests/mocks"
}

variables {
  name                    = "example"
  resource_group_name     = "example"
  location                = "westeurope"
  log_analytics_workspace = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/logs" }
  cluster_id              = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example"
  action_group_ids        = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Insights/actionGroups/on-call"]
}

run "defaults" {
  assert {
    condition     = toset(keys(output.ids)) == toset(["agent-silent", "towel-silent", "runs-late"]) && azurerm_monitor_scheduled_query_rules_alert_v2.this["runs-late"].name == "example-runs-late"
    error_message = "There are other alerts."
  }
  assert {
    condition     = alltrue([for alert in azurerm_monitor_scheduled_query_rules_alert_v2.this : strcontains(alert.criteria[0].query, "managedClusters/example\"") && strcontains(alert.criteria[0].query, "PodNamespace == \"prefect\"") && alert.severity == 2])
    error_message = "An alert reads the logs of others."
  }
  assert {
    condition     = strcontains(azurerm_monitor_scheduled_query_rules_alert_v2.this["agent-silent"].criteria[0].query, "seen.silent_agents") && strcontains(azurerm_monitor_scheduled_query_rules_alert_v2.this["runs-late"].criteria[0].query, "\"prefect-watch-\"")
    error_message = "The alerts do not read what watch writes."
  }
  assert {
    condition     = azurerm_monitor_scheduled_query_rules_alert_v2.this["towel-silent"].criteria[0].operator == "LessThan" && azurerm_monitor_scheduled_query_rules_alert_v2.this["towel-silent"].criteria[0].threshold == 1
    error_message = "Silence is no alert."
  }
}
