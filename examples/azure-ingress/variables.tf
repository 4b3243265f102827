variable "name" {
  description = "Beginning of every name."
  type        = string
  default     = "prefect-example"
}

variable "host" {
  description = "Name of the UI and the API, for example prefect.example.com."
  type        = string
}

variable "administrator_object_id" {
  description = "Object id of the user, group or service principal that administers the cluster: the identity that runs Terraform, or a group that it is in."
  type        = string
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

variable "certificate" {
  description = "The certificate of host: its id without a version (https://VAULT.vault.azure.net/certificates/NAME), and the resource id of its vault."
  type = object({
    uri          = string
    key_vault_id = string
  })
}

variable "sign_in" {
  description = "The app registration with which people sign in, and the groups whose members may use Prefect. Whoever may, may do everything."
  type = object({
    tenant_id        = string
    client_id        = string
    group_object_ids = set(string)
  })

  validation {
    condition     = length(var.sign_in.group_object_ids) > 0
    error_message = "sign_in.group_object_ids is empty, so everybody in the tenant, guests included, would control Prefect. Name a group by its object id."
  }
}
