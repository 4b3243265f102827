variable "name" {
  description = "Name of the cluster, also the first part of its DNS name. Changing it replaces the cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?$", var.name))
    error_message = "The cluster name \"${var.name}\" is not one that AKS accepts as a name and DNS prefix. Use 1 to 54 letters, digits and hyphens, beginning and ending with a letter or digit."
  }
}

variable "resource_group_name" {
  description = "Name of the resource group to create the cluster in. Changing it replaces the cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[-\\w._()]{0,89}[-\\w_()]$", var.resource_group_name))
    error_message = "The resource group name \"${var.resource_group_name}\" is not one that Azure accepts. Use 1 to 90 letters, digits, underscores, parentheses, hyphens and periods, not ending with a period."
  }
}

variable "location" {
  description = "Azure region of the cluster. Changing it replaces the cluster."
  type        = string
  nullable    = false

  validation {
    condition     = trimspace(var.location) != ""
    error_message = "The location is empty. Name an Azure region, for example \"westeurope\"."
  }
}

variable "tags" {
  description = "Tags of the cluster and its node pools."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "sku_tier" {
  description = "Tier of the control plane: Free (no uptime SLA), Standard, or Premium (Standard with long-term support of Kubernetes versions)."
  type        = string
  default     = "Standard"
  nullable    = false

  validation {
    condition     = contains(["Free", "Standard", "Premium"], var.sku_tier)
    error_message = "sku_tier is \"${var.sku_tier}\". Use \"Free\", \"Standard\" or \"Premium\"."
  }
}

variable "kubernetes_version" {
  description = "Full version of Kubernetes (major.minor.patch), or null for Azure's recommended one. Raising it upgrades the control plane and then the nodes, pool by pool. Pinning it needs automatic_upgrade_channel \"none\" or \"node-image\", else every upgrade of Azure's would be undone by the next plan."
  type        = string
  default     = null

  validation {
    condition     = var.kubernetes_version == null || can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.kubernetes_version))
    error_message = "kubernetes_version is \"${coalesce(var.kubernetes_version, "null")}\". Give a full version such as \"1.33.5\" (an alias such as \"1.33\" differs from what Azure reports, so every plan would show a change), or null for Azure's recommended one."
  }
}

variable "automatic_upgrade_channel" {
  description = "Which upgrades of Kubernetes Azure makes by itself: none, patch, stable, rapid or node-image."
  type        = string
  default     = "patch"
  nullable    = false

  validation {
    condition     = contains(["none", "patch", "stable", "rapid", "node-image"], var.automatic_upgrade_channel)
    error_message = "automatic_upgrade_channel is \"${var.automatic_upgrade_channel}\". Use \"none\", \"patch\", \"stable\", \"rapid\" or \"node-image\"."
  }
}

variable "node_os_upgrade_channel" {
  description = "Which upgrades of the nodes' operating system Azure makes by itself: None, Unmanaged, SecurityPatch or NodeImage."
  type        = string
  default     = "NodeImage"
  nullable    = false

  validation {
    condition     = contains(["None", "Unmanaged", "SecurityPatch", "NodeImage"], var.node_os_upgrade_channel)
    error_message = "node_os_upgrade_channel is \"${var.node_os_upgrade_channel}\". Use \"None\", \"Unmanaged\", \"SecurityPatch\" or \"NodeImage\"."
  }
}

variable "maintenance_window_auto_upgrade" {
  description = "When Azure may upgrade Kubernetes by automatic_upgrade_channel: from start_time for duration hours (4 to 24), each interval of frequency (Weekly, AbsoluteMonthly on day_of_month, RelativeMonthly on day_of_week of week_index), but for the spans not_allowed; enabled = false for any time."
  type = object({
    enabled      = optional(bool, true)
    frequency    = optional(string, "Weekly")
    interval     = optional(number, 1)
    day_of_week  = optional(string, "Saturday")
    day_of_month = optional(number)
    week_index   = optional(string)
    start_time   = optional(string, "00:00")
    utc_offset   = optional(string, "+00:00")
    duration     = optional(number, 8)
    not_allowed  = optional(list(object({ start = string, end = string })), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["Weekly", "AbsoluteMonthly", "RelativeMonthly"], var.maintenance_window_auto_upgrade.frequency) && var.maintenance_window_auto_upgrade.interval >= 1 && floor(var.maintenance_window_auto_upgrade.interval) == var.maintenance_window_auto_upgrade.interval
    error_message = "maintenance_window_auto_upgrade has the frequency \"${var.maintenance_window_auto_upgrade.frequency}\" and the interval ${var.maintenance_window_auto_upgrade.interval}. Use \"Weekly\", \"AbsoluteMonthly\" or \"RelativeMonthly\", and a whole number of these from 1."
  }
  validation {
    condition     = contains(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], var.maintenance_window_auto_upgrade.day_of_week)
    error_message = "maintenance_window_auto_upgrade.day_of_week is \"${var.maintenance_window_auto_upgrade.day_of_week}\". Use the English name of a day, for example \"Sunday\"."
  }
  validation {
    condition     = var.maintenance_window_auto_upgrade.frequency == "AbsoluteMonthly" ? try(var.maintenance_window_auto_upgrade.day_of_month >= 1 && var.maintenance_window_auto_upgrade.day_of_month <= 31, false) : var.maintenance_window_auto_upgrade.day_of_month == null
    error_message = "maintenance_window_auto_upgrade.day_of_month (1 to 31) goes with the frequency \"AbsoluteMonthly\", which needs it, and with no other."
  }
  validation {
    condition     = var.maintenance_window_auto_upgrade.frequency == "RelativeMonthly" ? contains(["First", "Second", "Third", "Fourth", "Last"], coalesce(var.maintenance_window_auto_upgrade.week_index, "-")) : var.maintenance_window_auto_upgrade.week_index == null
    error_message = "maintenance_window_auto_upgrade.week_index (\"First\", \"Second\", \"Third\", \"Fourth\" or \"Last\") goes with the frequency \"RelativeMonthly\", which needs it, and with no other."
  }
  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.maintenance_window_auto_upgrade.start_time)) && can(regex("^[+-](0[0-9]|1[0-4]):[0-5][0-9]$", var.maintenance_window_auto_upgrade.utc_offset))
    error_message = "maintenance_window_auto_upgrade begins at \"${var.maintenance_window_auto_upgrade.start_time}\" with utc_offset \"${var.maintenance_window_auto_upgrade.utc_offset}\". Write them as \"02:00\" and \"+01:00\"."
  }
  validation {
    condition     = var.maintenance_window_auto_upgrade.duration >= 4 && var.maintenance_window_auto_upgrade.duration <= 24 && floor(var.maintenance_window_auto_upgrade.duration) == var.maintenance_window_auto_upgrade.duration
    error_message = "maintenance_window_auto_upgrade.duration is ${var.maintenance_window_auto_upgrade.duration} hours. AKS takes whole hours from 4 to 24."
  }
  validation {
    condition     = alltrue([for span in var.maintenance_window_auto_upgrade.not_allowed : try(timecmp(span.start, span.end) < 0, false)])
    error_message = "maintenance_window_auto_upgrade.not_allowed is ${jsonencode(var.maintenance_window_auto_upgrade.not_allowed)}. Each has a start and a later end in RFC 3339, for example { start = \"2026-12-24T00:00:00Z\", end = \"2027-01-02T00:00:00Z\" }."
  }
}

variable "maintenance_window_node_os" {
  description = "When Azure may upgrade the nodes by node_os_upgrade_channel, as maintenance_window_auto_upgrade, and Daily besides; enabled = false for any time. Nodes are drained for that: see drain_timeout_in_minutes."
  type = object({
    enabled      = optional(bool, true)
    frequency    = optional(string, "Weekly")
    interval     = optional(number, 1)
    day_of_week  = optional(string, "Sunday")
    day_of_month = optional(number)
    week_index   = optional(string)
    start_time   = optional(string, "00:00")
    utc_offset   = optional(string, "+00:00")
    duration     = optional(number, 8)
    not_allowed  = optional(list(object({ start = string, end = string })), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["Daily", "Weekly", "AbsoluteMonthly", "RelativeMonthly"], var.maintenance_window_node_os.frequency) && var.maintenance_window_node_os.interval >= 1 && floor(var.maintenance_window_node_os.interval) == var.maintenance_window_node_os.interval
    error_message = "maintenance_window_node_os has the frequency \"${var.maintenance_window_node_os.frequency}\" and the interval ${var.maintenance_window_node_os.interval}. Use \"Daily\", \"Weekly\", \"AbsoluteMonthly\" or \"RelativeMonthly\", and a whole number of these from 1."
  }
  validation {
    condition     = contains(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"], var.maintenance_window_node_os.day_of_week)
    error_message = "maintenance_window_node_os.day_of_week is \"${var.maintenance_window_node_os.day_of_week}\". Use the English name of a day, for example \"Sunday\"."
  }
  validation {
    condition     = var.maintenance_window_node_os.frequency == "AbsoluteMonthly" ? try(var.maintenance_window_node_os.day_of_month >= 1 && var.maintenance_window_node_os.day_of_month <= 31, false) : var.maintenance_window_node_os.day_of_month == null
    error_message = "maintenance_window_node_os.day_of_month (1 to 31) goes with the frequency \"AbsoluteMonthly\", which needs it, and with no other."
  }
  validation {
    condition     = var.maintenance_window_node_os.frequency == "RelativeMonthly" ? contains(["First", "Second", "Third", "Fourth", "Last"], coalesce(var.maintenance_window_node_os.week_index, "-")) : var.maintenance_window_node_os.week_index == null
    error_message = "maintenance_window_node_os.week_index (\"First\", \"Second\", \"Third\", \"Fourth\" or \"Last\") goes with the frequency \"RelativeMonthly\", which needs it, and with no other."
  }
  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.maintenance_window_node_os.start_time)) && can(regex("^[+-](0[0-9]|1[0-4]):[0-5][0-9]$", var.maintenance_window_node_os.utc_offset))
    error_message = "maintenance_window_node_os begins at \"${var.maintenance_window_node_os.start_time}\" with utc_offset \"${var.maintenance_window_node_os.utc_offset}\". Write them as \"02:00\" and \"+01:00\"."
  }
  validation {
    condition     = var.maintenance_window_node_os.duration >= 4 && var.maintenance_window_node_os.duration <= 24 && floor(var.maintenance_window_node_os.duration) == var.maintenance_window_node_os.duration
    error_message = "maintenance_window_node_os.duration is ${var.maintenance_window_node_os.duration} hours. AKS takes whole hours from 4 to 24."
  }
  validation {
    condition     = alltrue([for span in var.maintenance_window_node_os.not_allowed : try(timecmp(span.start, span.end) < 0, false)])
    error_message = "maintenance_window_node_os.not_allowed is ${jsonencode(var.maintenance_window_node_os.not_allowed)}. Each has a start and a later end in RFC 3339, for example { start = \"2026-12-24T00:00:00Z\", end = \"2027-01-02T00:00:00Z\" }."
  }
}

variable "drain_timeout_in_minutes" {
  description = "How long the upgrade of a node waits for pods that may not be evicted, such as runs of flows, before it gives up: at least as long as the longest run that should survive upgrades."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.drain_timeout_in_minutes >= 1 && var.drain_timeout_in_minutes <= 1440 && floor(var.drain_timeout_in_minutes) == var.drain_timeout_in_minutes
    error_message = "drain_timeout_in_minutes is ${var.drain_timeout_in_minutes}. AKS takes whole minutes from 1 to 1440 (a day)."
  }
}

# Who reaches the API server

variable "private_cluster_enabled" {
  description = "Gives the Kubernetes API an address only in the virtual network. Terraform must then run where that network is reachable. Changing it replaces the cluster."
  type        = bool
  default     = true
  nullable    = false
}

variable "private_dns_zone_id" {
  description = "Private DNS zone of a private cluster: a zone's id, \"System\" (AKS makes one), or \"None\", which needs private_cluster_public_fqdn_enabled. Changing it replaces the cluster."
  type        = string
  default     = "System"
  nullable    = false

  validation {
    condition     = contains(["System", "None"], var.private_dns_zone_id) || startswith(var.private_dns_zone_id, "/subscriptions/")
    error_message = "private_dns_zone_id is \"${var.private_dns_zone_id}\". Give the id of a private DNS zone (\"/subscriptions/...\"), \"System\" or \"None\"."
  }
}

variable "private_cluster_public_fqdn_enabled" {
  description = "Publishes a private cluster's name in public DNS. Its address stays private."
  type        = bool
  default     = false
  nullable    = false
}

variable "api_server_authorized_ip_ranges" {
  description = "Addresses, in CIDR notation, from which a public API server may be reached. Required when private_cluster_enabled is false."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.api_server_authorized_ip_ranges : can(cidrhost(range, 0)) && !strcontains(range, ":")])
    error_message = "api_server_authorized_ip_ranges must be IPv4 ranges in CIDR notation, for example [\"198.51.100.0/24\"]; a single address is \"198.51.100.7/32\"."
  }
  validation {
    condition     = alltrue([for range in var.api_server_authorized_ip_ranges : try(cidrsubnet(range, 0, 0) == range, true)])
    error_message = "Ranges in api_server_authorized_ip_ranges begin before the address that is given. If these ranges are meant, write ${join(", ", [for range in var.api_server_authorized_ip_ranges : "\"${try(cidrsubnet(range, 0, 0), range)}\" for \"${range}\"" if try(cidrsubnet(range, 0, 0) != range, false)])}."
  }
}

variable "public_api_server_acknowledged" {
  description = "Set to true to allow the whole internet (0.0.0.0/0) to reach the API server's login."
  type        = bool
  default     = false
  nullable    = false
}

# Who may do what

variable "local_account_disabled" {
  description = "Disables the cluster's certificate-based administrator account, so that everybody signs in with Microsoft Entra ID."
  type        = bool
  default     = true
  nullable    = false
}

variable "entra_tenant_id" {
  description = "Microsoft Entra tenant that users of the cluster sign in to; null for the subscription's."
  type        = string
  default     = null

  validation {
    condition     = var.entra_tenant_id == null || can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.entra_tenant_id))
    error_message = "entra_tenant_id is \"${coalesce(var.entra_tenant_id, "-")}\". Give the tenant's id (a UUID); `az account show --query tenantId` prints it."
  }
}

variable "admin_group_object_ids" {
  description = "Object ids of the Entra groups whose members administer the cluster."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.admin_group_object_ids : can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", id))])
    error_message = "admin_group_object_ids must be object ids (UUIDs) of Entra groups, not their names. `az ad group show --group NAME --query id` prints one."
  }
}

variable "cluster_admin_principal_ids" {
  description = "Object ids of users, groups or service principals that get the role \"Azure Kubernetes Service RBAC Cluster Admin\" on the cluster, by a name of your choice. The identity that runs Terraform needs it to install anything."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.cluster_admin_principal_ids) : can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", id))])
    error_message = "cluster_admin_principal_ids must be object ids (UUIDs) of users, groups or service principals, not names or application ids. `az ad signed-in-user show --query id` prints your own."
  }
}

variable "cluster_admin_scope" {
  description = "What cluster_admin_principal_ids get their role on instead of the cluster: the id of its resource group. They then have it before the cluster is made, while Azure may take five minutes to act on one given afterwards; and on every other cluster of the group."
  type = object({
    id = string
  })
  default = null

  validation {
    condition     = var.cluster_admin_scope == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+$", var.cluster_admin_scope.id))
    error_message = "cluster_admin_scope.id must be the id of a resource group: \"/subscriptions/.../resourceGroups/NAME\"."
  }
}

variable "kubelet_identity" {
  description = "The user-assigned identity with which nodes pull images: id, client_id and object_id (principal_id) of one that has AcrPull already; null has AKS make one. Needs identity_ids, whose identity must have \"Managed Identity Operator\" on it before the cluster is made. Changing it, and giving one to a cluster that has AKS's own, replaces the cluster; taking it away changes nothing."
  type = object({
    id        = string
    client_id = string
    object_id = string
  })
  default = null

  validation {
    condition     = var.kubelet_identity == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/]+$", var.kubelet_identity.id))
    error_message = "kubelet_identity.id must be the id of a user-assigned identity: \"/subscriptions/.../providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME\"."
  }
  validation {
    condition     = var.kubelet_identity == null ? true : alltrue([for id in [var.kubelet_identity.client_id, var.kubelet_identity.object_id] : can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", id))])
    error_message = "kubelet_identity.client_id and kubelet_identity.object_id must be UUIDs: the identity's client_id and principal_id. `az identity show --ids ID` prints both."
  }
}

variable "identity_ids" {
  description = "Ids of a user-assigned identity for the control plane; empty for a system-assigned one. Needed with a private DNS zone of your own. It must have its rights (\"Network Contributor\" on subnet_id, \"Private DNS Zone Contributor\" on the zone) before the cluster is made."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.identity_ids) <= 1
    error_message = "identity_ids has ${length(var.identity_ids)} entries. AKS accepts one user-assigned identity."
  }
  validation {
    condition     = alltrue([for id in var.identity_ids : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/]+$", id))])
    error_message = "identity_ids must be ids of user-assigned identities: \"/subscriptions/.../providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME\"."
  }
}

# Network

variable "subnet_id" {
  description = "Id of the subnet of the nodes; null lets AKS make a network of its own. The cluster's identity needs \"Network Contributor\" on it, or internal load balancers never get an address: give the output identity_principal_id that role."
  type        = string
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+$", var.subnet_id))
    error_message = "subnet_id must be the id of a subnet: \"/subscriptions/.../virtualNetworks/NAME/subnets/NAME\"."
  }
}

variable "network_cidrs" {
  description = "Address space of the virtual network that subnet_id is in (and of networks peered with it), to check it against pod_cidr and service_cidr."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.network_cidrs : can(cidrhost(range, 0)) && !strcontains(range, ":")])
    error_message = "network_cidrs must be IPv4 ranges in CIDR notation, for example [\"10.10.0.0/16\"]."
  }
  validation {
    condition     = alltrue([for range in var.network_cidrs : try(cidrsubnet(range, 0, 0) == range, true)])
    error_message = "Ranges in network_cidrs begin before the address that is given. If these ranges are meant, write ${join(", ", [for range in var.network_cidrs : "\"${try(cidrsubnet(range, 0, 0), range)}\" for \"${range}\"" if try(cidrsubnet(range, 0, 0) != range, false)])}."
  }
}

variable "pod_cidr" {
  description = "Addresses of the pods (overlay: not routable from outside the cluster), a /24 for each node. Changing it replaces the cluster."
  type        = string
  default     = "10.244.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.pod_cidr, 0)) && !strcontains(var.pod_cidr, ":")
    error_message = "pod_cidr is \"${var.pod_cidr}\". Give an IPv4 range in CIDR notation, for example \"10.244.0.0/16\"."
  }
  validation {
    condition     = try(cidrsubnet(var.pod_cidr, 0, 0) == var.pod_cidr, true)
    error_message = "pod_cidr is \"${var.pod_cidr}\", which begins before that address. Write \"${try(cidrsubnet(var.pod_cidr, 0, 0), "")}\" if that range is meant."
  }
}

variable "service_cidr" {
  description = "Addresses of the services inside the cluster. Changing it replaces the cluster."
  type        = string
  default     = "10.245.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.service_cidr, 10)) && !strcontains(var.service_cidr, ":") && try(tonumber(split("/", var.service_cidr)[1]) > 12, false)
    error_message = "service_cidr is \"${var.service_cidr}\". Give an IPv4 range smaller than /12 in CIDR notation, for example \"10.245.0.0/16\"."
  }
  validation {
    condition     = try(cidrsubnet(var.service_cidr, 0, 0) == var.service_cidr, true)
    error_message = "service_cidr is \"${var.service_cidr}\", which begins before that address. Write \"${try(cidrsubnet(var.service_cidr, 0, 0), "")}\" if that range is meant."
  }
}

variable "outbound_type" {
  description = "How nodes reach the internet: loadBalancer, managedNATGateway (only without subnet_id), or what subnet_id has: userAssignedNATGateway or userDefinedRouting."
  type        = string
  default     = "loadBalancer"
  nullable    = false

  validation {
    condition     = contains(["loadBalancer", "managedNATGateway", "userAssignedNATGateway", "userDefinedRouting"], var.outbound_type)
    error_message = "outbound_type is \"${var.outbound_type}\". Use \"loadBalancer\", \"managedNATGateway\", \"userAssignedNATGateway\" or \"userDefinedRouting\". (\"none\" needs a cluster that gets its own images from a registry of yours, which this module does not set up.)"
  }
}

# Nodes

variable "system_pool" {
  description = "The pool of the cluster's own components, tainted so that nothing else runs there. Changing vm_size or zones replaces its nodes by way of a temporary pool. Changing name replaces the cluster."
  type = object({
    name            = optional(string, "system")
    vm_size         = optional(string, "Standard_D4ds_v5")
    min_count       = optional(number, 2)
    max_count       = optional(number, 3)
    zones           = optional(set(string), [])
    os_disk_size_gb = optional(number, 64)
    os_disk_type    = optional(string, "Managed")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,11}$", var.system_pool.name)) && var.system_pool.name != "temporary"
    error_message = "The system pool's name \"${var.system_pool.name}\" is not one that AKS accepts. Use 1 to 12 lower-case letters and digits, beginning with a letter (\"temporary\" is kept for rotation)."
  }
  validation {
    condition     = !can(regex("(?i)^Standard_B", var.system_pool.vm_size))
    error_message = "system_pool.vm_size is \"${var.system_pool.vm_size}\". AKS does not support burstable sizes (B series) for system pools; use for example \"Standard_D4ds_v5\", or \"Standard_D2ds_v5\" for a trial."
  }
  validation {
    condition     = var.system_pool.min_count >= 1 && var.system_pool.max_count <= 1000 && var.system_pool.min_count <= var.system_pool.max_count
    error_message = "The system pool has min_count ${var.system_pool.min_count} and max_count ${var.system_pool.max_count}. Choose 1 <= min_count <= max_count <= 1000."
  }
}

variable "user_pools" {
  description = "Pools for everything else, by name. At least one must be without taints, or nothing could run. A pool may shrink to zero nodes."
  type = map(object({
    vm_size         = optional(string, "Standard_D4ds_v5")
    min_count       = optional(number, 1)
    max_count       = optional(number, 5)
    zones           = optional(set(string), [])
    os_disk_size_gb = optional(number, 128)
    os_disk_type    = optional(string, "Managed")
    labels          = optional(map(string), {})
    taints          = optional(list(string), [])
    spot            = optional(bool, false)
  }))
  default  = { flows = {} }
  nullable = false

  validation {
    condition     = alltrue([for name, _ in var.user_pools : can(regex("^[a-z][a-z0-9]{0,11}$", name)) && name != "temporary"])
    error_message = "Names of user pools must be 1 to 12 lower-case letters and digits, beginning with a letter (\"temporary\" is kept for rotation); given: ${join(", ", keys(var.user_pools))}."
  }
  validation {
    condition     = alltrue([for pool in values(var.user_pools) : pool.min_count >= 0 && pool.max_count <= 1000 && pool.max_count >= 1 && pool.min_count <= pool.max_count])
    error_message = "Each user pool needs 0 <= min_count <= max_count and 1 <= max_count <= 1000."
  }
  validation {
    condition     = anytrue([for pool in values(var.user_pools) : length(pool.taints) == 0 && !pool.spot])
    error_message = "No user pool is free of taints (spot pools are tainted by Azure), and the system pool only takes the cluster's own components, so Prefect Server could not run. Add a pool without taints, for example user_pools = { flows = {} }."
  }
  validation {
    condition     = alltrue(flatten([for pool in values(var.user_pools) : [for taint in pool.taints : can(regex("^[^=:]+(=[^:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$", taint))]]))
    error_message = "Taints are written key=value:effect with the effect NoSchedule, PreferNoSchedule or NoExecute, for example \"dedicated=flows:NoSchedule\"."
  }
}

variable "host_encryption_enabled" {
  description = "Makes the nodes' hosts also encrypt temporary disks and caches. The subscription needs the feature EncryptionAtHost, and the sizes must support it."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_analytics_workspace" {
  description = "Log Analytics workspace that gets the containers' logs, and its region where that is not the cluster's; null for none."
  type = object({
    id       = string
    location = optional(string)
  })
  default = null

  validation {
    condition     = var.log_analytics_workspace == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.OperationalInsights/workspaces/[^/]+$", var.log_analytics_workspace.id))
    error_message = "log_analytics_workspace.id must be the resource id of a workspace (\"/subscriptions/.../providers/Microsoft.OperationalInsights/workspaces/NAME\"), not its customer id."
  }
}

variable "monitor_workspace" {
  description = "Azure Monitor workspace that gets the cluster's metrics (managed Prometheus), and its region where that is not the cluster's; null for none."
  type = object({
    id       = string
    location = optional(string)
  })
  default = null

  validation {
    condition     = var.monitor_workspace == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Monitor/accounts/[^/]+$", var.monitor_workspace.id))
    error_message = "monitor_workspace.id must be the resource id of an Azure Monitor workspace (\"/subscriptions/.../providers/Microsoft.Monitor/accounts/NAME\"). A Log Analytics workspace is another thing: see log_analytics_workspace."
  }
}

variable "diagnostic_settings" {
  description = "Destinations of Azure's own logs and metrics of the cluster, by name: a Log Analytics workspace, a storage account, or both. log_groups and log_categories choose the logs, by default what changes the cluster and who signs in; {} for none."
  type = map(object({
    workspace_resource_id       = optional(string)
    storage_account_resource_id = optional(string)
    log_groups                  = optional(set(string), [])
    log_categories              = optional(set(string), ["cluster-autoscaler", "guard", "kube-audit-admin"])
    metric_categories           = optional(set(string), ["AllMetrics"])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for setting in values(var.diagnostic_settings) : setting.workspace_resource_id != null || setting.storage_account_resource_id != null])
    error_message = "A diagnostic setting has no destination: ${join(", ", [for name, setting in var.diagnostic_settings : name if setting.workspace_resource_id == null && setting.storage_account_resource_id == null])}. Give workspace_resource_id, storage_account_resource_id or both."
  }
  validation {
    condition     = alltrue([for setting in values(var.diagnostic_settings) : length(setting.log_groups) + length(setting.log_categories) + length(setting.metric_categories) > 0])
    error_message = "A diagnostic setting selects nothing: ${join(", ", [for name, setting in var.diagnostic_settings : name if length(setting.log_groups) + length(setting.log_categories) + length(setting.metric_categories) == 0])}. Name log_groups, log_categories or metric_categories, or remove it."
  }
  validation {
    condition     = alltrue([for setting in values(var.diagnostic_settings) : length(setting.log_groups) == 0 || length(setting.log_categories) == 0])
    error_message = "A diagnostic setting selects logs both by group and by category, and Azure accepts only one of the two: ${join(", ", [for name, setting in var.diagnostic_settings : name if length(setting.log_groups) > 0 && length(setting.log_categories) > 0])}. Set log_categories = [] to use log_groups."
  }
}

# How the outputs are used

variable "kubelogin_login" {
  description = "How the output kubernetes has kubelogin sign in: azurecli, azd, azurepipelines, devicecode, interactive, msi, ropc, spn or workloadidentity; \"environment\" leaves it to the variable AAD_LOGIN_METHOD where Terraform runs. Some of them need further variables there, such as AZURE_CLIENT_ID."
  type        = string
  default     = "azurecli"
  nullable    = false

  validation {
    condition     = contains(["azurecli", "azd", "azurepipelines", "devicecode", "interactive", "msi", "ropc", "spn", "workloadidentity", "environment"], var.kubelogin_login)
    error_message = "kubelogin_login is \"${var.kubelogin_login}\". Use a method of kubelogin's: azurecli, azd, azurepipelines, devicecode, interactive, msi, ropc, spn or workloadidentity; or \"environment\" to leave it to AAD_LOGIN_METHOD."
  }
}

variable "replacement_acknowledgement" {
  description = "What replaces the cluster is refused. Changing this to a value that it has not had, for example the day's date, allows it once; what the variables say then is what later changes are compared with."
  type        = string
  default     = null
}
