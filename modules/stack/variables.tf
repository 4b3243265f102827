variable "name" {
  description = "Beginning of every name: the cluster is NAME-aks, the database server NAME-db-SUFFIX, the registry NAMEacrSUFFIX."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "The name \"${var.name}\" cannot be the beginning of every Azure name. Use 2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "global_suffix" {
  description = "End of the names that must be unique in all of Azure (registry, database server); null derives 6 characters from the resource group's id."
  type        = string
  default     = null

  validation {
    condition     = var.global_suffix == null || can(regex("^[a-z0-9]{2,12}$", var.global_suffix))
    error_message = "global_suffix is \"${coalesce(var.global_suffix, "-")}\". Use 2 to 12 lower-case letters and digits, or null."
  }
}

variable "location" {
  description = "Azure region of everything."
  type        = string
  nullable    = false

  validation {
    condition     = trimspace(var.location) != ""
    error_message = "The location is empty. Name an Azure region, for example \"westeurope\"."
  }
}

variable "tags" {
  description = "Tags of every Azure resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "network" {
  description = "Address space of the virtual network, and the parts of it for nodes, database and private endpoints; null parts are cut from the address space."
  type = object({
    address_space    = optional(string, "10.10.0.0/16")
    nodes            = optional(string)
    database         = optional(string)
    private_endpoint = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(cidrhost(var.network.address_space, 0)) && !strcontains(var.network.address_space, ":") && try(tonumber(split("/", var.network.address_space)[1]) <= 20, false)
    error_message = "network.address_space is \"${var.network.address_space}\". Give an IPv4 range of at least /20, for example \"10.10.0.0/16\"."
  }
  validation {
    condition     = alltrue([for part in compact([var.network.nodes, var.network.database, var.network.private_endpoint]) : can(cidrhost(part, 0))])
    error_message = "network.nodes, network.database and network.private_endpoint must be ranges in CIDR notation, or null."
  }
}

variable "cluster" {
  description = "Settings of the module aks, under its names."
  type = object({
    sku_tier                        = optional(string, "Standard")
    kubernetes_version              = optional(string)
    automatic_upgrade_channel       = optional(string, "patch")
    private_cluster_enabled         = optional(bool, true)
    api_server_authorized_ip_ranges = optional(set(string), [])
    public_api_server_acknowledged  = optional(bool, false)
    admin_group_object_ids          = optional(list(string), [])
    cluster_admin_principal_ids     = optional(map(string), {})
    pod_cidr                        = optional(string, "10.244.0.0/16")
    service_cidr                    = optional(string, "10.245.0.0/16")
    system_pool                     = optional(any, {})
    user_pools                      = optional(any, { flows = {} })
    log_analytics_workspace_id      = optional(string)
  })
  default  = {}
  nullable = false
}

variable "registry" {
  description = "Settings of the module acr, under its names. Without public access the registry has an address in the virtual network only."
  type = object({
    public_network_access_enabled = optional(bool, false)
    sku                           = optional(string, "Premium")
    cache_credentials = optional(object({
      login_server       = optional(string, "docker.io")
      username_secret_id = string
      password_secret_id = string
    }))
    build = optional(object({
      context    = string
      dockerfile = optional(string, "Dockerfile")
      image      = string
      arguments  = optional(map(string), {})
      cpu        = optional(number, 2)
    }))
  })
  default  = {}
  nullable = false
}

variable "registry_build_context_token" {
  description = "Personal access token for the source of registry.build."
  type        = string
  default     = null
  sensitive   = true
}

variable "mirror_images" {
  description = "Whether Prefect Server's images come through the registry's cache rules instead of from Docker Hub."
  type        = bool
  default     = true
  nullable    = false
}

variable "database" {
  description = "Settings of the module postgresql, under its names."
  type = object({
    postgresql_version           = optional(string, "14")
    sku_name                     = optional(string, "GP_Standard_D2ds_v5")
    storage_mb                   = optional(number, 65536)
    backup_retention_days        = optional(number, 14)
    geo_redundant_backup_enabled = optional(bool, false)
    high_availability            = optional(string, "none")
    password_version             = optional(number, 1)
  })
  default  = {}
  nullable = false
}

variable "database_password" {
  description = "Password of the database's administrator, which Prefect Server uses. It is kept in the state, because a Secret in the cluster is made of it."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "prefect" {
  description = "Settings of the module prefect-server, under its names. Exposure has the same attributes as there."
  type = object({
    name            = optional(string, "prefect")
    namespace       = optional(string, "prefect")
    chart           = optional(any, {})
    prefect_version = optional(string, "1.4.0")
    agent           = optional(any, {})
    exposure        = optional(any, {})
    ui_api_url      = optional(string)
    values          = optional(list(string), [])
    timeout_seconds = optional(number, 900)
  })
  default  = {}
  nullable = false
}
