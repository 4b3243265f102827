variable "name" {
  description = "Beginning of every name: the cluster is NAME-aks, the database server NAME-db-SUFFIX, the registry NAMEacrSUFFIX. Changing it replaces everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "The name \"${var.name}\" cannot be the beginning of every Azure name. Use 2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "global_suffix" {
  description = "End of the names that must be unique in all of Azure (registry, database server); null derives 6 characters from the resource group's id. Changing it replaces both."
  type        = string
  default     = null

  validation {
    condition     = var.global_suffix == null || can(regex("^[a-z0-9]{2,12}$", var.global_suffix))
    error_message = "global_suffix is \"${coalesce(var.global_suffix, "-")}\". Use 2 to 12 lower-case letters and digits, or null."
  }
}

variable "location" {
  description = "Azure region of everything. Changing it replaces everything."
  type        = string
  nullable    = false

  validation {
    condition     = trimspace(var.location) != ""
    error_message = "The location is empty. Name an Azure region, for example \"westeurope\"."
  }
}

variable "replacement_acknowledgement" {
  description = "What replaces the cluster, the database or everything is refused. Changing this to a value that it has not had, for example the day's date, allows it once, wherever; cluster.replacement_acknowledgement and database.replacement_acknowledgement do for their part alone."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every Azure resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "network" {
  description = "Address space of the virtual network, and the parts of it for nodes, database and private endpoints; null parts are cut from the address space. route_table_id and nat_gateway_id go with cluster.outbound_type \"userDefinedRouting\" and \"userAssignedNATGateway\": they are put on the nodes' subnet before the cluster is made. existing uses your own subnets instead: for nodes, for database servers (delegated to Microsoft.DBforPostgreSQL/flexibleServers, with the service endpoint Microsoft.Storage) and for private endpoints, as far as the stack needs them. Private DNS zones that you give must be linked to the networks of the subnets and of the nodes; otherwise the stack creates zones, each linked to the network of its subnet. If you set outbound_type, your subnet of nodes needs its route table or NAT gateway beforehand."
  type = object({
    address_space    = optional(string)
    nodes            = optional(string)
    database         = optional(string)
    private_endpoint = optional(string)
    route_table_id   = optional(string)
    nat_gateway_id   = optional(string)
    existing = optional(object({
      nodes_subnet_resource_id            = optional(string)
      database_subnet_resource_id         = optional(string)
      private_endpoint_subnet_resource_id = optional(string)
      database_private_dns_zone           = optional(object({ resource_id = string }))
      registry_private_dns_zone           = optional(object({ resource_id = string }))
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.network.address_space == null ? true : can(cidrhost(var.network.address_space, 0)) && !strcontains(var.network.address_space, ":") && try(tonumber(split("/", var.network.address_space)[1]) <= 20, false)
    error_message = "network.address_space is \"${coalesce(var.network.address_space, "null")}\". Give an IPv4 range of at least /20, for example \"10.10.0.0/16\"."
  }
  validation {
    condition     = alltrue([for part in compact([var.network.nodes, var.network.database, var.network.private_endpoint]) : can(cidrhost(part, 0)) && !strcontains(part, ":")])
    error_message = "network.nodes, network.database and network.private_endpoint must be IPv4 ranges in CIDR notation, for example \"10.10.0.0/18\", or null."
  }
  validation {
    condition     = alltrue([for range in compact([var.network.address_space, var.network.nodes, var.network.database, var.network.private_endpoint]) : try(cidrsubnet(range, 0, 0) == range, true)])
    error_message = "Ranges in network begin before the address that is given. If these ranges are meant, write ${join(", ", [for range in compact([var.network.address_space, var.network.nodes, var.network.database, var.network.private_endpoint]) : "\"${try(cidrsubnet(range, 0, 0), range)}\" for \"${range}\"" if try(cidrsubnet(range, 0, 0) != range, false)])}."
  }
  validation {
    condition     = var.network.database == null ? true : try(tonumber(split("/", var.network.database)[1]) <= 28, true)
    error_message = "network.database is \"${coalesce(var.network.database, "null")}\". Azure wants at least a /28 for database servers."
  }
  validation {
    condition     = var.network.route_table_id == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/routeTables/[^/]+$", var.network.route_table_id))
    error_message = "network.route_table_id must be the id of a route table: \"/subscriptions/.../providers/Microsoft.Network/routeTables/NAME\"."
  }
  validation {
    condition     = var.network.nat_gateway_id == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/natGateways/[^/]+$", var.network.nat_gateway_id))
    error_message = "network.nat_gateway_id must be the id of a NAT gateway: \"/subscriptions/.../providers/Microsoft.Network/natGateways/NAME\"."
  }
  validation {
    condition = var.network.existing == null ? true : alltrue([
      for id in [var.network.existing.nodes_subnet_resource_id, var.network.existing.database_subnet_resource_id, var.network.existing.private_endpoint_subnet_resource_id] :
      id == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+$", id))
    ])
    error_message = "The subnets in network.existing must be ids: \"/subscriptions/.../providers/Microsoft.Network/virtualNetworks/NETWORK/subnets/NAME\"."
  }
  validation {
    condition = var.network.existing == null ? true : alltrue([
      for zone in [var.network.existing.database_private_dns_zone, var.network.existing.registry_private_dns_zone] :
      zone == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/privateDnsZones/[^/]+$", zone.resource_id))
    ])
    error_message = "The zones in network.existing must be ids: \"/subscriptions/.../providers/Microsoft.Network/privateDnsZones/NAME\"."
  }
}

# The settings below have no defaults of their own: what is left out is null, for which the modules have theirs.

variable "cluster" {
  description = "Settings of the module aks, under its names. network_cidrs are those of networks peered with this one; identity_principal_id is the object id of the identity in identity_ids, which gets its roles on the nodes' subnet and identity before the cluster is made; cluster_admin_principal_ids get theirs on the resource group (the rights on a DNS zone of yours are for you to give). existing uses your own cluster instead and does not change it, except that its nodes get AcrPull on a registry that the stack creates. The identity that installs the Server needs the role \"Azure Kubernetes Service RBAC Cluster Admin\" on it."
  type = object({
    existing                  = optional(object({ resource_id = string }))
    sku_tier                  = optional(string)
    kubernetes_version        = optional(string)
    automatic_upgrade_channel = optional(string)
    node_os_upgrade_channel   = optional(string)
    maintenance_window_auto_upgrade = optional(object({
      enabled      = optional(bool)
      frequency    = optional(string)
      interval     = optional(number)
      day_of_week  = optional(string)
      day_of_month = optional(number)
      week_index   = optional(string)
      start_time   = optional(string)
      utc_offset   = optional(string)
      duration     = optional(number)
      not_allowed  = optional(list(object({ start = string, end = string })))
    }))
    maintenance_window_node_os = optional(object({
      enabled      = optional(bool)
      frequency    = optional(string)
      interval     = optional(number)
      day_of_week  = optional(string)
      day_of_month = optional(number)
      week_index   = optional(string)
      start_time   = optional(string)
      utc_offset   = optional(string)
      duration     = optional(number)
      not_allowed  = optional(list(object({ start = string, end = string })))
    }))
    drain_timeout_in_minutes            = optional(number)
    private_cluster_enabled             = optional(bool)
    private_cluster_public_fqdn_enabled = optional(bool)
    private_dns_zone_id                 = optional(string)
    api_server_authorized_ip_ranges     = optional(set(string))
    public_api_server_acknowledged      = optional(bool)
    local_account_disabled              = optional(bool)
    entra_tenant_id                     = optional(string)
    admin_group_object_ids              = optional(list(string))
    cluster_admin_principal_ids         = optional(map(string))
    identity_ids                        = optional(list(string))
    identity_principal_id               = optional(string)
    network_cidrs                       = optional(list(string))
    pod_cidr                            = optional(string)
    service_cidr                        = optional(string)
    outbound_type                       = optional(string)
    system_pool = optional(object({
      name            = optional(string)
      vm_size         = optional(string)
      min_count       = optional(number)
      max_count       = optional(number)
      zones           = optional(set(string))
      os_disk_size_gb = optional(number)
      os_disk_type    = optional(string)
    }))
    user_pools = optional(map(object({
      vm_size         = optional(string)
      min_count       = optional(number)
      max_count       = optional(number)
      zones           = optional(set(string))
      os_disk_size_gb = optional(number)
      os_disk_type    = optional(string)
      labels          = optional(map(string))
      taints          = optional(list(string))
      spot            = optional(bool)
    })))
    host_encryption_enabled = optional(bool)
    log_analytics_workspace = optional(object({
      id       = string
      location = optional(string)
    }))
    monitor_workspace = optional(object({
      id       = string
      location = optional(string)
    }))
    diagnostic_settings = optional(map(object({
      workspace_resource_id       = optional(string)
      storage_account_resource_id = optional(string)
      log_groups                  = optional(set(string))
      log_categories              = optional(set(string))
      metric_categories           = optional(set(string))
    })))
    kubelogin_login             = optional(string)
    replacement_acknowledgement = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.cluster.existing == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ContainerService/managedClusters/[^/]+$", var.cluster.existing.resource_id))
    error_message = "cluster.existing.resource_id must be the id of a cluster: \"/subscriptions/.../providers/Microsoft.ContainerService/managedClusters/NAME\"."
  }
}

variable "registry" {
  description = "Settings of the module acr, under its names. Without public access the registry has an address in the virtual network only; with allowed_ip_ranges it has that too, for the nodes. pull_principal_ids are those besides the cluster's. existing uses your own registry instead: the nodes of a cluster that the stack creates get AcrPull on it; those of an existing cluster must have it already (`az aks update --attach-acr`)."
  type = object({
    existing                      = optional(object({ resource_id = string }))
    sku                           = optional(string)
    public_network_access_enabled = optional(bool)
    allowed_ip_ranges             = optional(set(string))
    zone_redundancy_enabled       = optional(bool)
    retention_policy_in_days      = optional(number)
    georeplication_locations      = optional(set(string))
    pull_principal_ids            = optional(map(string))
    cache_rules = optional(map(object({
      source = string
      target = string
    })))
    cache_credentials = optional(object({
      login_server       = optional(string)
      username_secret_id = string
      password_secret_id = string
      key_vault          = optional(object({ id = string }))
    }))
    diagnostic_settings = optional(map(object({
      workspace_resource_id       = optional(string)
      storage_account_resource_id = optional(string)
      log_groups                  = optional(set(string))
      log_categories              = optional(set(string))
      metric_categories           = optional(set(string))
    })))
    build = optional(object({
      context    = string
      dockerfile = optional(string)
      image      = string
      arguments  = optional(map(string))
      cpu        = optional(number)
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.registry.existing == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ContainerRegistry/registries/[^/]+$", var.registry.existing.resource_id))
    error_message = "registry.existing.resource_id must be the id of a registry: \"/subscriptions/.../providers/Microsoft.ContainerRegistry/registries/NAME\"."
  }
}

variable "registry_build_context_token" {
  description = "Personal access token for the source of registry.build."
  type        = string
  default     = null
  sensitive   = true
}

variable "mirror_images" {
  description = "Takes Prefect Server's images from the registry instead of Docker Hub. null does so if registry.cache_credentials lets the registry fetch them; true without those is for images that you have put there, for example with `az acr import`."
  type        = bool
  default     = null
}

variable "database" {
  description = "Settings of the module postgresql, under its names; password_version is its administrator_password_version. existing uses your own Flexible Server instead. The cluster must reach it, the database must exist, and the extensions PGCRYPTO and PG_TRGM must be allowed. Only database_name, administrator_login (null: the server's own) and password_version apply then."
  type = object({
    existing                     = optional(object({ resource_id = string }))
    postgresql_version           = optional(string)
    sku_name                     = optional(string)
    storage_mb                   = optional(number)
    backup_retention_days        = optional(number)
    geo_redundant_backup_enabled = optional(bool)
    high_availability            = optional(string)
    zone                         = optional(string)
    maintenance_window = optional(object({
      enabled      = optional(bool)
      day_of_week  = optional(number)
      start_hour   = optional(number)
      start_minute = optional(number)
    }))
    diagnostic_settings = optional(map(object({
      workspace_resource_id       = optional(string)
      storage_account_resource_id = optional(string)
      log_groups                  = optional(set(string))
      log_categories              = optional(set(string))
      metric_categories           = optional(set(string))
    })))
    administrator_login         = optional(string)
    database_name               = optional(string)
    extensions                  = optional(set(string))
    password_version            = optional(number)
    replacement_acknowledgement = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.database.existing == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.DBforPostgreSQL/flexibleServers/[^/]+$", var.database.existing.resource_id))
    error_message = "database.existing.resource_id must be the id of a server: \"/subscriptions/.../providers/Microsoft.DBforPostgreSQL/flexibleServers/NAME\"."
  }
}

variable "database_password" {
  description = "Password of the database's administrator, which Prefect Server uses. It is kept in the state, as a sensitive value of a Helm release, unless prefect.database_existing_secret names a Secret that holds it: see the module database-secret."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "prefect" {
  description = "Settings of the module prefect-server, under its names."
  type = object({
    name             = optional(string)
    namespace        = optional(string)
    create_namespace = optional(bool)
    chart = optional(object({
      repository = optional(string)
      name       = optional(string)
      version    = optional(string)
    }))
    prefect_version          = optional(string)
    image_pull_policy        = optional(string)
    image_pull_secrets       = optional(list(string))
    database_existing_secret = optional(string)
    agent = optional(object({
      enabled = optional(bool)
      labels  = optional(list(string))
      env     = optional(map(string))
      resources = optional(object({
        requests = optional(map(string))
        limits   = optional(map(string))
      }))
      node_selector = optional(map(string))
      tolerations = optional(list(object({
        key               = optional(string)
        operator          = optional(string)
        value             = optional(string)
        effect            = optional(string)
        tolerationSeconds = optional(number)
      })))
      job_namespace          = optional(string)
      job_image              = optional(string)
      job_image_pull_policy  = optional(string)
      job_image_pull_secrets = optional(list(string))
      job_resources = optional(object({
        requests = optional(map(string))
        limits   = optional(map(string))
      }))
      job_node_selector = optional(map(string))
      job_tolerations = optional(list(object({
        key               = optional(string)
        operator          = optional(string)
        value             = optional(string)
        effect            = optional(string)
        tolerationSeconds = optional(number)
      })))
      job_pod_labels       = optional(map(string))
      job_eviction_allowed = optional(bool)
      flows_service_account = optional(object({
        annotations     = optional(map(string))
        automount_token = optional(bool)
      }))
      namespaces = optional(map(object({
        labels = optional(list(string))
        flows_service_account = optional(object({
          annotations     = optional(map(string))
          automount_token = optional(bool)
        }))
      })))
      create_namespaces = optional(bool)
    }))
    exposure = optional(object({
      mode                   = optional(string)
      api_host               = optional(string)
      ui_host                = optional(string)
      api_ip                 = optional(string)
      ui_ip                  = optional(string)
      class_name             = optional(string)
      gateway_name           = optional(string)
      gateway_namespace      = optional(string)
      tls_secret_name        = optional(string)
      annotations            = optional(map(string))
      address_annotations    = optional(map(string))
      allowed_cidrs          = optional(list(string))
      allowed_namespaces     = optional(list(string))
      public                 = optional(bool)
      public_acknowledgement = optional(string)
    }))
    ui_api_url = optional(string)
    clients = optional(list(object({
      namespace  = string
      pod_labels = optional(map(string))
      ui         = optional(bool)
    })))
    network_policies_enabled = optional(bool)
    components = optional(map(object({
      env = optional(map(string))
      resources = optional(object({
        requests = optional(map(string))
        limits   = optional(map(string))
      }))
    })))
    node_selector = optional(map(string))
    tolerations = optional(list(object({
      key               = optional(string)
      operator          = optional(string)
      value             = optional(string)
      effect            = optional(string)
      tolerationSeconds = optional(number)
    })))
    telemetry_enabled = optional(bool)
    tenant_job = optional(object({
      enabled = optional(bool)
      name    = optional(string)
      slug    = optional(string)
    }))
    watch = optional(object({
      enabled              = optional(bool)
      late_after_seconds   = optional(number)
      silent_after_seconds = optional(number)
    }))
    server_config   = optional(any)
    values          = optional(list(string))
    timeout_seconds = optional(number)
  })
  default  = {}
  nullable = false
}

variable "alerts" {
  description = "Alerts for silent agents, a silent towel and late runs, sent to action groups by the module alerts. They read cluster.log_analytics_workspace or, with an existing cluster, the workspace given here, which must collect that cluster's container logs. They turn prefect.watch on. null for none."
  type = object({
    action_group_ids        = list(string)
    severity                = optional(number)
    log_analytics_workspace = optional(object({ id = string, location = optional(string) }))
  })
  default = null

  validation {
    condition     = var.alerts == null || try(var.alerts.log_analytics_workspace, null) != null || var.cluster.log_analytics_workspace != null
    error_message = "alerts read the containers' logs, which nothing collects. Give cluster.log_analytics_workspace or, with an existing cluster, alerts.log_analytics_workspace."
  }
}
