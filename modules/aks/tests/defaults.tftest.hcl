# What the module creates, branch by branch.
mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  name                        = "example"
  resource_group_name         = "example"
  location                    = "westeurope"
  cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }
}

run "defaults" {
  assert {
    condition = alltrue([
      azurerm_kubernetes_cluster.this.sku_tier == "Standard",
      azurerm_kubernetes_cluster.this.support_plan == "KubernetesOfficial",
      azurerm_kubernetes_cluster.this.private_cluster_enabled,
      azurerm_kubernetes_cluster.this.local_account_disabled,
      azurerm_kubernetes_cluster.this.oidc_issuer_enabled,
      azurerm_kubernetes_cluster.this.workload_identity_enabled,
      azurerm_kubernetes_cluster.this.automatic_upgrade_channel == "patch",
      azurerm_kubernetes_cluster.this.node_os_upgrade_channel == "NodeImage",
      azurerm_kubernetes_cluster.this.azure_active_directory_role_based_access_control[0].azure_rbac_enabled,
      azurerm_kubernetes_cluster.this.network_profile[0].network_policy == "cilium",
      azurerm_kubernetes_cluster.this.network_profile[0].dns_service_ip == "10.245.0.10",
      azurerm_kubernetes_cluster.this.default_node_pool[0].only_critical_addons_enabled,
      length(azurerm_kubernetes_cluster.this.api_server_access_profile) == 0,
      length(azurerm_kubernetes_cluster.this.oms_agent) == 0,
      length(azurerm_monitor_data_collection_rule_association.containers) == 0,
      azurerm_kubernetes_cluster.this.private_cluster_public_fqdn_enabled == false,
      azurerm_kubernetes_cluster.this.default_node_pool[0].host_encryption_enabled == false,
    ])
    error_message = "The defaults are not what the documentation says."
  }
  assert {
    condition     = join(",", keys(azurerm_kubernetes_cluster_node_pool.this)) == "flows" && length(azurerm_kubernetes_cluster_node_pool.this["flows"].node_taints) == 0
    error_message = "There is no pool for flows."
  }
  assert {
    condition = alltrue([
      azurerm_kubernetes_cluster.this.maintenance_window_auto_upgrade[0].day_of_week == "Saturday",
      azurerm_kubernetes_cluster.this.maintenance_window_node_os[0].day_of_week == "Sunday",
      azurerm_kubernetes_cluster.this.maintenance_window_node_os[0].frequency == "Weekly",
      azurerm_kubernetes_cluster.this.maintenance_window_node_os[0].duration == 8,
      azurerm_kubernetes_cluster_node_pool.this["flows"].upgrade_settings[0].drain_timeout_in_minutes == 30,
    ])
    error_message = "Nodes are upgraded at any time."
  }
  assert {
    condition     = azurerm_role_assignment.cluster_admin["deployer"].role_definition_name == "Azure Kubernetes Service RBAC Cluster Admin"
    error_message = "The identity that runs Terraform cannot use the cluster."
  }
  assert {
    condition     = output.kubernetes.host == "https://example.hcp.westeurope.azmk8s.io:443" && output.kubernetes.cluster_ca_certificate == "certificate" && output.kubernetes.exec.args == ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]
    error_message = "The outputs do not lead to the API server."
  }
  assert {
    condition     = output.fqdn == "example.private"
    error_message = "The outputs are wrong."
  }
}

run "replacement_without_acknowledgement" {
  command = plan
  variables {
    system_pool = { name = "control" }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "named_by_nobody_but_public_dns" {
  variables {
    replacement_acknowledgement         = "DNS"
    private_dns_zone_id                 = "None"
    private_cluster_public_fqdn_enabled = true
    kubelogin_login                     = "environment"
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.private_dns_zone_id == "None" && output.fqdn == "example.public"
    error_message = "A private cluster cannot do without a zone."
  }
  assert {
    condition     = output.kubernetes.exec.args == ["get-token", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]
    error_message = "The way to sign in cannot be left to the environment."
  }
}

# The runs of a file share a state, so this replaces the cluster above.
run "public_for_named_addresses" {
  variables {
    replacement_acknowledgement     = "public"
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["198.51.100.0/24"]
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.api_server_access_profile[0].authorized_ip_ranges == toset(["198.51.100.0/24"]) && output.fqdn == "example.public"
    error_message = "The API server cannot be public."
  }
}

run "public_for_everybody" {
  variables {
    replacement_acknowledgement     = "public"
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["0.0.0.0/0"]
    public_api_server_acknowledged  = true
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.api_server_access_profile[0].authorized_ip_ranges == toset(["0.0.0.0/0"])
    error_message = "The API server cannot be opened to everybody."
  }
}

run "private_again_without_acknowledgement" {
  command = plan
  variables {
    replacement_acknowledgement = "public"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "pinned" {
  variables {
    replacement_acknowledgement = "private again"
    kubernetes_version          = "1.33.5"
    automatic_upgrade_channel   = "none"
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.kubernetes_version == "1.33.5" && azurerm_kubernetes_cluster.this.automatic_upgrade_channel == null && azurerm_kubernetes_cluster.this.default_node_pool[0].orchestrator_version == "1.33.5" && azurerm_kubernetes_cluster_node_pool.this["flows"].orchestrator_version == "1.33.5"
    error_message = "The version is not pinned, or not that of the nodes."
  }
}

run "own_identity_zone_and_network" {
  variables {
    replacement_acknowledgement = "own zone"
    identity_ids                = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/example"]
    private_dns_zone_id         = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
    subnet_id                   = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example/subnets/nodes"
    network_cidrs               = ["10.10.0.0/16", "10.10.1.0/24"]
    outbound_type               = "userDefinedRouting"
  }
  assert {
    condition     = azurerm_kubernetes_cluster.this.identity[0].type == "UserAssigned" && output.identity_principal_id == null
    error_message = "The identity is not used."
  }
}

run "pools" {
  variables {
    replacement_acknowledgement = "pools"
    user_pools = {
      flows = { zones = ["1", "2"] }
      cheap = { spot = true, min_count = 0, labels = { cost = "low" } }
      gpu   = { taints = ["sku=gpu:NoSchedule"], min_count = 0 }
    }
    sku_tier                 = "Premium"
    drain_timeout_in_minutes = 240
    maintenance_window_auto_upgrade = {
      frequency   = "RelativeMonthly"
      week_index  = "First"
      not_allowed = [{ start = "2026-12-24T00:00:00Z", end = "2027-01-02T00:00:00Z" }]
    }
    maintenance_window_node_os = { frequency = "AbsoluteMonthly", day_of_month = 1 }
    host_encryption_enabled    = true
    kubelogin_login            = "workloadidentity"
    log_analytics_workspace = {
      id       = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.OperationalInsights/workspaces/example"
      location = "northeurope"
    }
    monitor_workspace   = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Monitor/accounts/example", location = "northeurope" }
    diagnostic_settings = { logs = { workspace_resource_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.OperationalInsights/workspaces/example" } }
  }
  assert {
    condition = alltrue([
      length(azurerm_kubernetes_cluster.this.monitor_metrics) == 1,
      azurerm_monitor_data_collection_rule.metrics[0].location == "northeurope",
      endswith(azurerm_monitor_data_collection_rule.metrics[0].destinations[0].monitor_account[0].monitor_account_id, "/accounts/example"),
      azurerm_monitor_data_collection_rule_association.metrics[0].target_resource_id == azurerm_kubernetes_cluster.this.id,
    ])
    error_message = "The metrics do not get to the workspace."
  }
  assert {
    condition     = toset(azurerm_monitor_diagnostic_setting.this["logs"].enabled_log[*].category) == toset(["cluster-autoscaler", "guard", "kube-audit-admin"]) && one(azurerm_monitor_diagnostic_setting.this["logs"].enabled_metric).category == "AllMetrics"
    error_message = "The cluster's own logs are not what was asked for."
  }
  assert {
    condition = alltrue([
      azurerm_kubernetes_cluster_node_pool.this["cheap"].priority == "Spot",
      azurerm_kubernetes_cluster_node_pool.this["cheap"].node_taints == tolist(["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]),
      azurerm_kubernetes_cluster_node_pool.this["cheap"].node_labels["cost"] == "low",
      length(azurerm_kubernetes_cluster_node_pool.this["cheap"].upgrade_settings) == 0,
      length(azurerm_kubernetes_cluster_node_pool.this["flows"].upgrade_settings) == 1,
      azurerm_kubernetes_cluster_node_pool.this["gpu"].node_taints == tolist(["sku=gpu:NoSchedule"]),
      azurerm_kubernetes_cluster_node_pool.this["gpu"].host_encryption_enabled,
      azurerm_kubernetes_cluster.this.default_node_pool[0].host_encryption_enabled,
      length(azurerm_kubernetes_cluster.this.oms_agent) == 1,
      azurerm_kubernetes_cluster.this.support_plan == "AKSLongTermSupport",
    ])
    error_message = "The pools, the workspace or the support plan are wrong."
  }
  assert {
    condition = alltrue([
      azurerm_kubernetes_cluster.this.maintenance_window_auto_upgrade[0].week_index == "First",
      length(azurerm_kubernetes_cluster.this.maintenance_window_auto_upgrade[0].not_allowed) == 1,
      azurerm_kubernetes_cluster.this.maintenance_window_node_os[0].day_of_month == 1,
      azurerm_kubernetes_cluster.this.default_node_pool[0].upgrade_settings[0].drain_timeout_in_minutes == 240,
    ])
    error_message = "The windows are not what was asked for."
  }
  assert {
    condition     = length(distinct([for pool in azurerm_kubernetes_cluster_node_pool.this : pool.temporary_name_for_rotation])) == 3
    error_message = "Pools share the name of the pool that replaces them for a while."
  }
  assert {
    condition = alltrue([
      azurerm_monitor_data_collection_rule_association.containers[0].name == "ContainerInsightsExtension",
      azurerm_monitor_data_collection_rule.containers[0].location == "northeurope",
      azurerm_monitor_data_collection_rule.containers[0].data_flow[0].streams == tolist(["Microsoft-ContainerInsights-Group-Default"]),
    ])
    error_message = "Nothing tells the agent what to collect."
  }
  assert {
    condition     = contains(output.kubernetes.exec.args, "workloadidentity")
    error_message = "The way to sign in cannot be chosen."
  }
}

run "local_account" {
  variables {
    replacement_acknowledgement = "pools"
    local_account_disabled      = false
    cluster_admin_principal_ids = {}

    maintenance_window_auto_upgrade = { enabled = false }
    maintenance_window_node_os      = { enabled = false }
  }
  assert {
    condition     = length(azurerm_kubernetes_cluster.this.maintenance_window_auto_upgrade) + length(azurerm_kubernetes_cluster.this.maintenance_window_node_os) == 0
    error_message = "The windows cannot be left to Azure."
  }
  assert {
    condition     = !azurerm_kubernetes_cluster.this.local_account_disabled
    error_message = "The local account cannot be had."
  }
}

run "identity_of_nodes_without_acknowledgement" {
  command = plan
  variables {
    replacement_acknowledgement = "pools"
    identity_ids                = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
    kubelet_identity = {
      id        = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kubelet"
      client_id = "88888888-8888-4888-8888-888888888888"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "roles_before_the_cluster" {
  variables {
    replacement_acknowledgement = "roles"
    cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }
    cluster_admin_scope         = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example" }
    identity_ids                = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
    kubelet_identity = {
      id        = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kubelet"
      client_id = "88888888-8888-4888-8888-888888888888"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  assert {
    condition     = endswith(azurerm_role_assignment.cluster_admin_before["deployer"].scope, "/resourceGroups/example") && length(azurerm_role_assignment.cluster_admin) == 0 && azurerm_kubernetes_cluster.this.kubelet_identity[0].object_id == "99999999-9999-4999-8999-999999999999"
    error_message = "The roles are not there before the cluster."
  }
}

run "another_identity_of_nodes_without_acknowledgement" {
  command = plan
  variables {
    replacement_acknowledgement = "roles"
    identity_ids                = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
    kubelet_identity = {
      id        = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other"
      client_id = "88888888-8888-4888-8888-888888888888"
      object_id = "99999999-9999-4999-8999-999999999999"
    }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

# Taken away, it stays: that is no replacement.
run "identity_of_nodes_taken_away" {
  command = plan
  variables {
    replacement_acknowledgement = "roles"
    identity_ids                = ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cluster"]
  }
  assert {
    condition     = length(local.changed) == 0
    error_message = "Nothing would be replaced, and the plan is refused."
  }
}

run "metrics_of_a_long_name" {
  command = plan
  variables {
    name                        = "a-cluster-with-a-name-of-fifty-four-characters-in-alls"
    replacement_acknowledgement = "long name"
    monitor_workspace           = { id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.Monitor/accounts/example" }
  }
  assert {
    condition     = length(azurerm_monitor_data_collection_endpoint.metrics[0].name) == 44
    error_message = "Azure takes no such name for an endpoint."
  }
}
