# What the module refuses at plan.
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

run "wrong_inputs" {
  command = plan
  variables {
    name                    = "example alerts"
    resource_group_name     = "example."
    location                = " "
    log_analytics_workspace = { id = "11111111-1111-4111-8111-111111111111" } # workspace by customer id
    cluster_id              = "example"                                       # cluster by name
    release                 = { name = "Prefect" }
    action_group_ids        = [] # nobody
    severity                = 5
  }
  expect_failures = [
    var.name,
    var.resource_group_name,
    var.location,
    var.log_analytics_workspace,
    var.cluster_id,
    var.release,
    var.action_group_ids,
    var.severity,
  ]
}
