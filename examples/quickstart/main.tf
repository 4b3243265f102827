# The walk-through: a project, a registered flow, and one run of it as a Kubernetes Job.
#
# The addresses of the Server and the cluster come from the environment (PREFECT__CLOUD__API, KUBECONFIG), as for the
# Prefect 1.x client and kubectl; see the provider's documentation for declaring them here instead.

terraform {
  required_version = ">= 1.8"
  required_providers {
    prefect = {
      source = "prefect-server/prefect"
    }
  }
}

provider "prefect" {
  kubernetes = {
    config_path = var.kubeconfig
    namespace   = var.namespace
  }
}

variable "kubeconfig" {
  description = "Path of the kubeconfig of the cluster that the agent starts Jobs in."
  type        = string
  default     = "~/.kube/config"
}

variable "namespace" {
  description = "Namespace that the agent starts Jobs in."
  type        = string
  default     = "default"
}

variable "flow_file" {
  description = "The document that `prefect build` made of the flow."
  type        = string
  default     = "../flows/my_example_flow.json"
}

variable "labels" {
  description = "Labels of the run: an agent takes it that has all of them."
  type        = set(string)
  default     = ["k8s"]
}

resource "prefect_project" "example" {
  name        = "exampleProject"
  description = "The walk-through's project."
}

resource "prefect_flow" "example" {
  project_id = prefect_project.example.id
  flow_json  = file(var.flow_file)
  name       = "my-example-flow"

  # Nothing of the walk-through should outlive `terraform destroy`.
  deletion_policy = "delete"
}

resource "prefect_flow_run" "example" {
  flow_id  = prefect_flow.example.flow_id
  labels   = var.labels
  wait_for = "finished"

  # Destroy stops the run if need be and removes its Job and its record. The default keeps a run as history.
  on_destroy = "delete"

  timeouts = {
    total = "5m"
  }
}
