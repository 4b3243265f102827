variable "name" {
  description = "Beginning of the alerts' names: NAME-agent-silent, NAME-towel-silent, NAME-runs-late."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$", var.name))
    error_message = "The name \"${var.name}\" cannot be the beginning of an alert's name. Use up to 200 letters, digits, underscores and hyphens, beginning with a letter or digit."
  }
}

variable "resource_group_name" {
  description = "Name of the resource group to create the alerts in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[-\\w._()]{0,89}[-\\w_()]$", var.resource_group_name))
    error_message = "The resource group name \"${var.resource_group_name}\" is not one that Azure accepts. Use 1 to 90 letters, digits, underscores, parentheses, hyphens and periods, not ending with a period."
  }
}

variable "location" {
  description = "Azure region of the alerts: that of the workspace."
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

variable "log_analytics_workspace" {
  description = "Log Analytics workspace that gets the containers' logs of the cluster."
  type        = object({ id = string })
  nullable    = false

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.OperationalInsights/workspaces/[^/]+$", var.log_analytics_workspace.id))
    error_message = "log_analytics_workspace.id must be the resource id of a workspace (\"/subscriptions/.../providers/Microsoft.OperationalInsights/workspaces/NAME\"), not its customer id."
  }
}

variable "cluster_id" {
  description = "Id of the cluster, of whose containers the logs are: a workspace may have those of several."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ContainerService/managedClusters/[^/]+$", var.cluster_id))
    error_message = "cluster_id must be the id of a cluster: \"/subscriptions/.../providers/Microsoft.ContainerService/managedClusters/NAME\"."
  }
}

variable "release" {
  description = "Name and namespace of the Server's release."
  type = object({
    name      = optional(string, "prefect")
    namespace = optional(string, "prefect")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in [var.release.name, var.release.namespace] : can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", name))])
    error_message = "release is ${jsonencode(var.release)}. Its name and namespace are names of Kubernetes: lower-case letters, digits and hyphens."
  }
}

variable "action_group_ids" {
  description = "Ids of the action groups that are told."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.action_group_ids) > 0 && alltrue([for id in var.action_group_ids : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Insights/actionGroups/[^/]+$", id))])
    error_message = "action_group_ids must name at least one action group, by its id: \"/subscriptions/.../providers/Microsoft.Insights/actionGroups/NAME\". An alert that tells nobody is none."
  }
}

variable "severity" {
  description = "Severity of the alerts, 0 (critical) to 4 (verbose)."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([0, 1, 2, 3, 4], var.severity)
    error_message = "severity is ${var.severity}. Azure has 0 (critical), 1 (error), 2 (warning), 3 (informational) and 4 (verbose)."
  }
}
