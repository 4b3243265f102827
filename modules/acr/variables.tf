variable "resource_group_name" {
  description = "Name of the resource group to create the registry in. Changing it replaces the registry with an empty one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[-\\w._()]{0,89}[-\\w_()]$", var.resource_group_name))
    error_message = "The resource group name \"${var.resource_group_name}\" is not one that Azure accepts. Use 1 to 90 letters, digits, underscores, parentheses, hyphens and periods, not ending with a period."
  }
}

variable "location" {
  description = "Azure region of the registry. Changing it replaces the registry with an empty one."
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
  description = "Name of the registry, unique in all of Azure: it becomes NAME.azurecr.io. Changing it replaces the registry with an empty one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]{5,50}$", var.name))
    error_message = "The registry name \"${var.name}\" is not one that Azure accepts. Use 5 to 50 letters and digits, nothing else."
  }
}

variable "sku" {
  description = "Basic, Standard or Premium. Only Premium has private endpoints, and can do without a public address."
  type        = string
  default     = "Premium"
  nullable    = false

  validation {
    condition     = contains(["Basic", "Standard", "Premium"], var.sku)
    error_message = "sku is \"${var.sku}\". Use \"Basic\", \"Standard\" or \"Premium\"."
  }
}

variable "public_network_access_enabled" {
  description = "Makes the registry reachable from the internet (with a login; anonymous pulls stay off). Must be true on Basic and Standard."
  type        = bool
  default     = false
  nullable    = false
}

variable "allowed_ip_ranges" {
  description = "With public access: the only addresses, in CIDR notation, that may reach the registry; empty for all. Clusters need a private_endpoint, or their own outbound addresses among these. Premium only."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.allowed_ip_ranges : can(cidrhost(range, 0)) && !strcontains(range, ":")])
    error_message = "allowed_ip_ranges must be IPv4 ranges in CIDR notation, for example [\"198.51.100.0/24\"]."
  }
  validation {
    condition     = alltrue([for range in var.allowed_ip_ranges : try(cidrsubnet(range, 0, 0) == range, true)])
    error_message = "Ranges in allowed_ip_ranges begin before the address that is given. If these ranges are meant, write ${join(", ", [for range in var.allowed_ip_ranges : "\"${try(cidrsubnet(range, 0, 0), range)}\" for \"${range}\"" if try(cidrsubnet(range, 0, 0) != range, false)])}."
  }
}

variable "private_endpoint" {
  description = "Subnet in which the registry gets a private address, and the id of the private DNS zone \"privatelink.azurecr.io\" that names it there; null for none."
  type = object({
    subnet_id           = string
    private_dns_zone_id = string
  })
  default = null

  validation {
    condition     = var.private_endpoint == null ? true : can(regex("(?i)/virtualNetworks/[^/]+/subnets/[^/]+$", var.private_endpoint.subnet_id)) && endswith(lower(var.private_endpoint.private_dns_zone_id), "/privatednszones/privatelink.azurecr.io")
    error_message = "private_endpoint needs the id of a subnet (\"/subscriptions/.../virtualNetworks/NAME/subnets/NAME\") and that of the private DNS zone \"privatelink.azurecr.io\": under any other name the registry is not found."
  }
}

variable "zone_redundancy_enabled" {
  description = "Spreads the registry over availability zones. Premium only. Changing it replaces the registry with an empty one."
  type        = bool
  default     = false
  nullable    = false
}

variable "retention_policy_in_days" {
  description = "Days after which untagged manifests are removed; null keeps them. Premium only."
  type        = number
  default     = null

  validation {
    condition     = var.retention_policy_in_days == null ? true : var.retention_policy_in_days >= 0 && var.retention_policy_in_days <= 365
    error_message = "retention_policy_in_days must be from 0 to 365, or null to keep untagged manifests."
  }
}

variable "georeplication_locations" {
  description = "Further regions that the registry is replicated to. Premium only."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "pull_principal_ids" {
  description = "Object ids of the identities that may pull images (role AcrPull), by a name of your choice: the kubelet identity of each cluster."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.pull_principal_ids) : can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", id))])
    error_message = "pull_principal_ids must be object ids (UUIDs) of identities, such as the output kubelet_object_id of the module aks, not their resource or client ids."
  }
}

variable "cache_rules" {
  description = "Repositories of other registries that this one serves as its own, fetched on first use, by rule name. null mirrors what a Prefect Server release runs when cache_credentials are for Docker Hub, and nothing otherwise: ACR does not fetch from Docker Hub without a login."
  type = map(object({
    source = string
    target = string
  }))
  default = null

  validation {
    condition     = var.cache_rules == null ? true : alltrue([for name, _ in var.cache_rules : can(regex("^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$", name)) && length(name) >= 5 && length(name) <= 49])
    error_message = "Names of cache rules are 5 to 49 letters and digits, with single hyphens between them; given: ${try(join(", ", keys(var.cache_rules)), "")}."
  }
  validation {
    condition     = var.cache_rules == null ? true : alltrue([for rule in values(var.cache_rules) : can(regex("^[^/:]+\\.[^/:]+(:[0-9]+)?/.+[^/]$", rule.source)) && !strcontains(split("/", rule.source)[length(split("/", rule.source)) - 1], ":")])
    error_message = "The source of a cache rule begins with the registry's host and has no tag, for example \"docker.io/prefecthq/server\"."
  }
  validation {
    condition     = var.cache_rules == null ? true : alltrue([for rule in values(var.cache_rules) : !can(regex("^docker\\.io/[^/]+$", rule.source))])
    error_message = "Docker Hub's official images are in the repository \"library\": write for example \"docker.io/library/nginx\" for \"docker.io/nginx\"; given: ${try(join(", ", values(var.cache_rules)[*].source), "")}."
  }
  validation {
    condition     = var.cache_rules == null ? true : length(distinct([for rule in values(var.cache_rules) : rule.target])) == length(var.cache_rules)
    error_message = "Two cache rules have the same target. Each needs a repository of its own."
  }
}

variable "cache_credentials" {
  description = "Key Vault secrets with the user name and access token for the registry that cache rules fetch from, and that registry's host. key_vault, their vault, lets the module give the registry \"Key Vault Secrets User\" on the vault, which must use Azure RBAC; without it, give the output credential_set_principal_id that role, or an access policy with \"Get\" on secrets, yourself. null for registries without a login, which Docker Hub is not to ACR."
  type = object({
    login_server       = optional(string, "docker.io")
    username_secret_id = string
    password_secret_id = string
    key_vault          = optional(object({ id = string }))
  })
  default = null

  validation {
    condition     = var.cache_credentials == null ? true : alltrue([for id in [var.cache_credentials.username_secret_id, var.cache_credentials.password_secret_id] : can(regex("^https://[^/]+/secrets/[^/]+$", id))])
    error_message = "cache_credentials takes the ids of Key Vault secrets without a version (\"https://VAULT.vault.azure.net/secrets/NAME\", the attribute versionless_id of azurerm_key_vault_secret), not the user name and token themselves."
  }
  validation {
    condition     = try(var.cache_credentials.key_vault, null) == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+$", var.cache_credentials.key_vault.id))
    error_message = "cache_credentials.key_vault.id must be the id of a Key Vault: \"/subscriptions/.../providers/Microsoft.KeyVault/vaults/NAME\"."
  }
}

variable "build" {
  description = "A flow image to build in the registry: the source (a Git URL, `#branch:folder` after it), its Dockerfile, and the image as repository:tag. null builds nothing."
  type = object({
    context    = string
    dockerfile = optional(string, "Dockerfile")
    image      = string
    arguments  = optional(map(string), {})
    cpu        = optional(number, 2)
  })
  default = null

  validation {
    condition     = var.build == null ? true : can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*:[\\w][\\w.-]{0,127}$", var.build.image)) && !can(regex("^[^/]*[.:][^/]*/", var.build.image))
    error_message = "build.image must be a repository and a tag without the registry's host, for example \"flows/etl:1\"."
  }
  validation {
    condition     = var.build == null ? true : can(regex("^https://", var.build.context))
    error_message = "build.context must be an https URL of a Git repository, for example \"https://github.com/example/flows.git#main:etl\"."
  }
}

variable "build_context_token" {
  description = "Personal access token for the build's source; required with build."
  type        = string
  default     = null
  sensitive   = true
}

variable "diagnostic_settings" {
  description = "Destinations of Azure's own logs and metrics of the registry, by name: a Log Analytics workspace, a storage account, or both. log_groups and log_categories choose the logs, by default all; {} for none."
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
