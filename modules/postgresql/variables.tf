variable "resource_group_name" {
  description = "Name of the resource group to create the server in. Changing it replaces the server."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[-\\w._()]{0,89}[-\\w_()]$", var.resource_group_name))
    error_message = "The resource group name \"${var.resource_group_name}\" is not one that Azure accepts. Use 1 to 90 letters, digits, underscores, parentheses, hyphens and periods, not ending with a period."
  }
}

variable "location" {
  description = "Azure region of the server. Changing it replaces the server."
  type        = string
  nullable    = false

  validation {
    condition     = trimspace(var.location) != ""
    error_message = "The location is empty. Name an Azure region, for example \"westeurope\"."
  }
}

variable "tags" {
  description = "Tags of everything the module creates."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "name" {
  description = "Name of the server, unique in all of Azure. Changing it replaces the server."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The server name \"${var.name}\" is not one that Azure accepts. Use 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit."
  }
}

variable "postgresql_version" {
  description = "Major version of PostgreSQL, 13 to 18. 13 and 14 have reached the end of their community support: Azure charges for extended support. Lowering it replaces the server; raising it upgrades the server in place, for good. Both need replacement_acknowledgement."
  type        = string
  default     = "16"
  nullable    = false

  validation {
    condition     = contains(["13", "14", "15", "16", "17", "18"], var.postgresql_version)
    error_message = "postgresql_version is \"${var.postgresql_version}\". Use \"16\", or another of \"13\" (past its end), \"14\" (past its end), \"15\", \"17\" and \"18\"."
  }
}

variable "sku_name" {
  description = "Tier and size, for example GP_Standard_D2ds_v5; B_... (burstable) for trials."
  type        = string
  default     = "GP_Standard_D2ds_v5"
  nullable    = false

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_[A-Za-z0-9_]+$", var.sku_name))
    error_message = "sku_name is \"${var.sku_name}\". It consists of a tier (B, GP or MO) and a size, for example \"GP_Standard_D2ds_v5\"."
  }
}

variable "storage_mb" {
  description = "Size of the disk in MiB to begin with. From then on it grows by itself when nearly full, never shrinks, and a change here has no effect; `az postgres flexible-server update --storage-size` makes it larger at once."
  type        = number
  default     = 65536
  nullable    = false

  validation {
    condition     = contains([32768, 65536, 131072, 262144, 524288, 1048576, 2097152, 4193280, 4194304, 8388608, 16777216, 33553408], var.storage_mb)
    error_message = "storage_mb is ${var.storage_mb}. Azure offers 32768, 65536, 131072, 262144, 524288, 1048576, 2097152, 4193280, 4194304, 8388608, 16777216 and 33553408."
  }
}

variable "backup_retention_days" {
  description = "Days that backups are kept, 7 to 35."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is ${var.backup_retention_days}. Azure keeps backups for 7 to 35 days."
  }
}

variable "geo_redundant_backup_enabled" {
  description = "Also keeps backups in the paired region. Changing it replaces the server."
  type        = bool
  default     = false
  nullable    = false
}

variable "high_availability" {
  description = "Standby server: none, SameZone or ZoneRedundant."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "SameZone", "ZoneRedundant"], var.high_availability)
    error_message = "high_availability is \"${var.high_availability}\". Use \"none\", \"SameZone\" or \"ZoneRedundant\"."
  }
}

variable "zone" {
  description = "Availability zone of the server when it is made; null leaves it to Azure. A change here has no effect."
  type        = string
  default     = null

  validation {
    condition     = var.zone == null || contains(["1", "2", "3"], coalesce(var.zone, "-"))
    error_message = "zone is \"${coalesce(var.zone, "-")}\". Use \"1\", \"2\" or \"3\", or null to leave it to Azure."
  }
}

variable "maintenance_window" {
  description = "The hour of the week, in UTC, in which Azure may restart the server to update it: day_of_week from 0 (Sunday) to 6; enabled = false leaves it to Azure, which chooses a night of the region."
  type = object({
    enabled      = optional(bool, true)
    day_of_week  = optional(number, 0)
    start_hour   = optional(number, 0)
    start_minute = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      contains(range(7), var.maintenance_window.day_of_week), contains(range(24), var.maintenance_window.start_hour), contains(range(60), var.maintenance_window.start_minute),
    ])
    error_message = "maintenance_window is ${jsonencode(var.maintenance_window)}. Give day_of_week from 0 (Sunday) to 6 (Saturday), start_hour from 0 to 23 and start_minute from 0 to 59, in UTC."
  }
}

variable "delegated_subnet_id" {
  description = "Id of the subnet, delegated to Microsoft.DBforPostgreSQL/flexibleServers, in which the server gets its only address. Changing it replaces the server."
  type        = string
  default     = null

  validation {
    condition     = var.delegated_subnet_id == null || can(regex("(?i)/virtualNetworks/[^/]+/subnets/[^/]+$", var.delegated_subnet_id))
    error_message = "delegated_subnet_id must be the id of a subnet: \"/subscriptions/.../virtualNetworks/NAME/subnets/NAME\"."
  }
}

variable "private_dns_zone_id" {
  description = "Id of the private DNS zone (its name ends in \".postgres.database.azure.com\") that names the server in its network. It must be linked to the network first."
  type        = string
  default     = null

  validation {
    condition     = var.private_dns_zone_id == null || endswith(lower(coalesce(var.private_dns_zone_id, "-")), ".postgres.database.azure.com")
    error_message = "private_dns_zone_id must be the id of a zone whose name ends in \".postgres.database.azure.com\"; Azure accepts no other."
  }
}

variable "public_network_access" {
  description = "Instead of a subnet: a public address, reachable from the named ranges (first and last IPv4 address) only. acknowledged must be true."
  type = object({
    acknowledged = optional(bool, false)
    allowed = optional(map(object({
      first = string
      last  = string
    })), {})
  })
  default = null

  validation {
    condition     = var.public_network_access == null ? true : var.public_network_access.acknowledged
    error_message = "public_network_access gives the database a public address. Set acknowledged = true in it if that is what you want; otherwise give delegated_subnet_id and private_dns_zone_id."
  }
  validation {
    condition = var.public_network_access == null ? true : alltrue(flatten([
      for range in values(var.public_network_access.allowed) : [for ip in [range.first, range.last] : try(cidrhost("${ip}/32", 0) == ip, false) && !strcontains(ip, ":")]
    ]))
    error_message = "The ranges in public_network_access.allowed are pairs of IPv4 addresses (no range in CIDR notation, no zeros in front of a number), for example { first = \"198.51.100.7\", last = \"198.51.100.7\" }; given: ${jsonencode(try(var.public_network_access.allowed, {}))}."
  }
  validation {
    # As numbers; a range that is no pair of addresses is refused above.
    condition = var.public_network_access == null ? true : alltrue([for range in values(var.public_network_access.allowed) : try(
      sum([for i, octet in split(".", range.first) : tonumber(octet) * pow(256, 3 - i)]) <= sum([for i, octet in split(".", range.last) : tonumber(octet) * pow(256, 3 - i)]), true
    )])
    error_message = "A range in public_network_access.allowed ends before it begins. Give the lower address as first."
  }
  validation {
    condition     = var.public_network_access == null ? true : alltrue([for range in values(var.public_network_access.allowed) : range.first != "0.0.0.0"])
    error_message = "A range in public_network_access.allowed begins at 0.0.0.0, which lets in the whole internet or, alone, every customer of Azure's. Name your own addresses."
  }
  validation {
    condition     = var.public_network_access == null ? true : alltrue([for name, _ in var.public_network_access.allowed : can(regex("^[A-Za-z0-9_-]{1,128}$", name))])
    error_message = "The names in public_network_access.allowed become names of firewall rules: use letters, digits, hyphens and underscores."
  }
}

variable "administrator_login" {
  description = "Name of the administrator, which is also the user that Prefect Server signs in as: its migrations create extensions and need to own the schema. Changing it replaces the server."
  type        = string
  default     = "prefect"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z_][a-zA-Z0-9_]{0,62}$", var.administrator_login)) && !startswith(lower(var.administrator_login), "pg_") && !contains(["azure_superuser", "azure_pg_admin", "admin", "administrator", "root", "guest", "public", "postgres"], lower(var.administrator_login))
    error_message = "administrator_login is \"${var.administrator_login}\". Use letters, digits and underscores (no \"@\": it would break the connection string), not beginning with a digit or \"pg_\", and none of the names that Azure keeps for itself (admin, administrator, root, guest, public, postgres, azure_superuser, azure_pg_admin)."
  }
}

variable "administrator_password" {
  description = "The administrator's password. It is sent to Azure and kept neither in plans nor in this resource's state."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false

  validation {
    condition = (
      length(var.administrator_password) >= 8 && length(var.administrator_password) <= 128 &&
      length([for class in ["[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"] : class if can(regex(class, var.administrator_password))]) >= 3
    )
    error_message = "administrator_password is not one that Azure accepts: 8 to 128 characters with at least three of lower-case letters, upper-case letters, digits and others."
  }
}

variable "administrator_password_version" {
  description = "Number of the password: raise it to send a changed administrator_password, which Terraform cannot notice by itself."
  type        = number
  default     = 1
  nullable    = false
}

variable "database_name" {
  description = "Name of Prefect Server's database. Changing it replaces the database."
  type        = string
  default     = "prefect"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_]{0,62}$", var.database_name)) && !contains(["postgres", "azure_maintenance", "azure_sys", "template0", "template1"], var.database_name)
    error_message = "database_name is \"${var.database_name}\". Use up to 63 lower-case letters, digits and underscores, and none of PostgreSQL's own databases."
  }
}

variable "extensions" {
  description = "Extensions that may be created in the server. Prefect Server's migrations create pgcrypto and pg_trgm."
  type        = set(string)
  default     = ["PGCRYPTO", "PG_TRGM"]
  nullable    = false

  validation {
    condition     = length(setsubtract(["PGCRYPTO", "PG_TRGM"], [for extension in var.extensions : upper(extension)])) == 0
    error_message = "extensions lacks PGCRYPTO or PG_TRGM. Prefect Server's migrations create both and fail without them; add your own to these two."
  }
}

variable "replacement_acknowledgement" {
  description = "What replaces the server or its database loses the history of all runs, and is refused. Changing this to a value that it has not had, for example the day's date, allows it once; what the variables say then is what later changes are compared with."
  type        = string
  default     = null
}

variable "diagnostic_settings" {
  description = "Destinations of Azure's own logs and metrics of the server, by name: a Log Analytics workspace, a storage account, or both. log_groups and log_categories choose the logs, by default all; {} for none."
  type = map(object({
    workspace_resource_id       = optional(string)
    storage_account_resource_id = optional(string)
    log_groups                  = optional(set(string), ["allLogs"])
    log_categories              = optional(set(string), [])
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
    error_message = "A diagnostic setting selects logs both by group and by category, and Azure accepts only one of the two: ${join(", ", [for name, setting in var.diagnostic_settings : name if length(setting.log_groups) > 0 && length(setting.log_categories) > 0])}. Set log_groups = [] to use log_categories."
  }
}
