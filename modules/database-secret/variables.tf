variable "name" {
  description = "Name of the Secret, and of the Helm release that makes it."
  type        = string
  default     = "prefect-database"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$", var.name))
    error_message = "The name \"${var.name}\" cannot be that of a Helm release. Use 1 to 53 lower-case letters, digits and hyphens."
  }
}

variable "namespace" {
  description = "Namespace of the Secret: that of Prefect Server's release."
  type        = string
  default     = "prefect"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "The namespace \"${var.namespace}\" is not a Kubernetes name. Use up to 63 lower-case letters, digits and hyphens."
  }
}

variable "create_namespace" {
  description = "Creates the namespace if it does not exist. Helm never deletes a namespace."
  type        = bool
  default     = true
  nullable    = false
}

variable "password" {
  description = "The password. It is sent to the cluster and kept neither in plans nor in the state."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false

  validation {
    condition     = length(var.password) >= 8
    error_message = "The password is shorter than 8 characters. Choose a longer one."
  }
}

variable "password_version" {
  description = "Number of the password: raise it to send a changed password, which Terraform cannot notice by itself."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version must be a whole number from 1, to be raised by 1 with each change of the password."
  }
}
