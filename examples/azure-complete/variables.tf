variable "name" {
  description = "Beginning of every name."
  type        = string
  default     = "prefect-example"
}

variable "location" {
  description = "Azure region."
  type        = string
  default     = "westeurope"
}

variable "administrator_object_id" {
  description = "Object id of the user, group or service principal that administers the cluster, and installs the Server: the identity that runs Terraform, or a group that it is in. null uses the identity of the first apply."
  type        = string
  default     = null
}

variable "api_server_ranges" {
  description = "Addresses from which the Kubernetes API may be reached: at least that of the machine that runs Terraform."
  type        = set(string)
}

variable "database_password" {
  description = "Password of the database's administrator."
  type        = string
  sensitive   = true
}

variable "docker_hub" {
  description = "Key Vault secrets (ids without a version) with the user name and access token of a Docker Hub account, and their vault, which must use Azure RBAC; null lets the nodes fetch the Server's images from Docker Hub themselves."
  type = object({
    username_secret_id = string
    password_secret_id = string
    key_vault          = optional(object({ id = string }))
  })
  default = null
}

variable "flow_file" {
  description = "The document that `prefect build` made of the flow."
  type        = string
  default     = "../flows/my_example_flow.json"
}

variable "build_context" {
  description = "Git URL of the flow image's source, built in the registry; null runs the flow in Prefect's own image."
  type        = string
  default     = null
}

variable "build_context_token" {
  description = "Personal access token that may read build_context."
  type        = string
  default     = null
  sensitive   = true
}

variable "flow_image" {
  description = "Repository and tag of the flow image that is built."
  type        = string
  default     = "flows/example:1"
}

variable "chart" {
  description = "Where the Prefect Server chart comes from, as chart of the module prefect-server."
  type        = any
  default     = {}
}

variable "chart_values" {
  description = "Further values of the chart, YAML documents."
  type        = list(string)
  default     = []
}
