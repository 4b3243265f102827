variable "cluster_id" {
  description = "Id of the AKS cluster. The output id of the module aks waits for the pools, whose creation the change of the cluster would collide with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ContainerService/managedClusters/[^/]+$", var.cluster_id))
    error_message = "cluster_id is \"${var.cluster_id}\". Give the id of an AKS cluster: \"/subscriptions/.../providers/Microsoft.ContainerService/managedClusters/NAME\", the output id of the module aks."
  }
}

variable "api_version" {
  description = "Version of the AKS API that knows the settings."
  type        = string
  default     = "2026-04-01"
  nullable    = false

  validation {
    condition     = can(regex("^20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?$", var.api_version))
    error_message = "api_version is \"${var.api_version}\". It is a date, for example \"2026-04-01\"."
  }
}
