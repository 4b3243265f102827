# What the module refuses at plan.
mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  name                        = "example"
  resource_group_name         = "example"
  location                    = "westeurope"
  cluster_admin_principal_ids = { deployer = "44444444-4444-4444-8444-444444444444" }
}

run "name" {
  command = plan
  variables {
    name = "-example"
  }
  expect_failures = [var.name]
}

run "name_too_long" {
  command = plan
  variables {
    name = "a123456789b123456789c123456789d123456789e123456789f12345"
  }
  expect_failures = [var.name]
}

run "resource_group" {
  command = plan
  variables {
    resource_group_name = "example."
  }
  expect_failures = [var.resource_group_name]
}

run "location" {
  command = plan
  variables {
    location = " "
  }
  expect_failures = [var.location]
}

run "tier" {
  command = plan
  variables {
    sku_tier = "Paid"
  }
  expect_failures = [var.sku_tier]
}

run "version_alias" {
  command = plan
  variables {
    kubernetes_version = "1.33"
  }
  expect_failures = [var.kubernetes_version]
}

run "upgrade_channel" {
  command = plan
  variables {
    automatic_upgrade_channel = "weekly"
  }
  expect_failures = [var.automatic_upgrade_channel]
}

run "node_os_channel" {
  command = plan
  variables {
    node_os_upgrade_channel = "Weekly"
  }
  expect_failures = [var.node_os_upgrade_channel]
}

run "dns_zone" {
  command = plan
  variables {
    private_dns_zone_id = "privatelink.westeurope.azmk8s.io"
  }
  expect_failures = [var.private_dns_zone_id]
}

run "authorized_range" {
  command = plan
  variables {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["198.51.100.7"]
  }
  expect_failures = [var.api_server_authorized_ip_ranges]
}

run "group_by_name" {
  command = plan
  variables {
    admin_group_object_ids = ["admins"]
  }
  expect_failures = [var.admin_group_object_ids]
}

run "two_identities" {
  command = plan
  variables {
    identity_ids = ["a", "b"]
  }
  expect_failures = [var.identity_ids]
}

run "subnet_by_name" {
  command = plan
  variables {
    subnet_id = "nodes"
  }
  expect_failures = [var.subnet_id]
}

run "network_range" {
  command = plan
  variables {
    network_cidrs = ["10.10.0.0"]
  }
  expect_failures = [var.network_cidrs]
}

run "pod_range" {
  command = plan
  variables {
    pod_cidr = "10.244.0.0"
  }
  expect_failures = [var.pod_cidr]
}

run "service_range_too_large" {
  command = plan
  variables {
    service_cidr = "10.0.0.0/8"
  }
  expect_failures = [var.service_cidr]
}

run "outbound" {
  command = plan
  variables {
    outbound_type = "proxy"
  }
  expect_failures = [var.outbound_type]
}

run "system_pool_name" {
  command = plan
  variables {
    system_pool = { name = "System1" }
  }
  expect_failures = [var.system_pool]
}

run "system_pool_counts" {
  command = plan
  variables {
    system_pool = { min_count = 5, max_count = 3 }
  }
  expect_failures = [var.system_pool]
}

run "user_pool_name" {
  command = plan
  variables {
    user_pools = { "flow-runs" = {} }
  }
  expect_failures = [var.user_pools]
}

run "user_pool_counts" {
  command = plan
  variables {
    user_pools = { flows = { min_count = 3, max_count = 2 } }
  }
  expect_failures = [var.user_pools]
}

run "all_pools_tainted" {
  command = plan
  variables {
    user_pools = { flows = { taints = ["dedicated=flows:NoSchedule"] }, cheap = { spot = true } }
  }
  expect_failures = [var.user_pools]
}

run "taint" {
  command = plan
  variables {
    user_pools = { flows = {}, gpu = { taints = ["gpu"] } }
  }
  expect_failures = [var.user_pools]
}

run "pods_overlap_services" {
  command = plan
  variables {
    pod_cidr     = "10.244.0.0/15"
    service_cidr = "10.245.0.0/16"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "pods_overlap_network" {
  command = plan
  variables {
    pod_cidr      = "10.10.128.0/17"
    network_cidrs = ["10.10.0.0/16"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "services_overlap_network" {
  command = plan
  variables {
    network_cidrs = ["192.168.0.0/16", "10.245.8.0/24"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "public_for_nobody_named" {
  command = plan
  variables {
    private_cluster_enabled = false
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "ranges_of_private" {
  command = plan
  variables {
    api_server_authorized_ip_ranges = ["198.51.100.0/24"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "public_for_everybody" {
  command = plan
  variables {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = ["0.0.0.0/0"]
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "pinned_and_upgraded" {
  command = plan
  variables {
    kubernetes_version = "1.33.5"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "node_image_channels" {
  command = plan
  variables {
    automatic_upgrade_channel = "node-image"
    node_os_upgrade_channel   = "SecurityPatch"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "own_zone_without_identity" {
  command = plan
  variables {
    private_dns_zone_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "routes_without_subnet" {
  command = plan
  variables {
    outbound_type = "userDefinedRouting"
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "same_pool_name" {
  command = plan
  variables {
    user_pools = { system = {} }
  }
  expect_failures = [azurerm_kubernetes_cluster.this]
}

run "nobody_signs_in" {
  command = plan
  variables {
    cluster_admin_principal_ids = {}
  }
  expect_failures = [check.someone_may_sign_in]
}

run "admin_a_name" {
  command = plan
  variables {
    cluster_admin_principal_ids = { deployer = "me@example.com" }
  }
  expect_failures = [var.cluster_admin_principal_ids]
}

run "identity_a_name" {
  command = plan
  variables {
    identity_ids = ["my-identity"]
  }
  expect_failures = [var.identity_ids]
}

run "tenant_a_domain" {
  command = plan
  variables {
    entra_tenant_id = "example.onmicrosoft.com"
  }
  expect_failures = [var.entra_tenant_id]
}

run "workspace_by_customer_id" {
  command = plan
  variables {
    log_analytics_workspace_id = "11111111-1111-4111-8111-111111111111"
  }
  expect_failures = [var.log_analytics_workspace_id]
}
