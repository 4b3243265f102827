# HCP Terraform, second of two workspaces: projects and flows. It runs on the same agent, and signs in to the cluster alone.
terraform {
  required_version = ">= 1.11"
  required_providers {
    prefect = {
      source  = "prefect-server/prefect"
      version = ">= 0.1, < 2.0"
    }
  }

  cloud {
    organization = "example"
    workspaces {
      name = "prefect-flows" # execution mode: agent
    }
  }
}

data "terraform_remote_state" "infrastructure" {
  backend = "remote"
  config = {
    organization = "example"
    workspaces   = { name = "prefect-infrastructure" }
  }
}

provider "prefect" {
  port_forward = data.terraform_remote_state.infrastructure.outputs.prefect.port_forward
  tenant       = "default"

  kubernetes = {
    host                   = data.terraform_remote_state.infrastructure.outputs.kubernetes.host
    cluster_ca_certificate = data.terraform_remote_state.infrastructure.outputs.kubernetes.cluster_ca_certificate
    namespace              = data.terraform_remote_state.infrastructure.outputs.prefect.flows_namespace
    azure                  = { use_oidc = true }
  }
}

resource "prefect_tenant" "default" {
  name = "default"
  slug = "default"
}

resource "prefect_project" "data" {
  name = "data"

  depends_on = [prefect_tenant.default]
}

resource "prefect_flow" "all" {
  for_each = fileset("${path.module}/flows", "*.json")

  project_id = prefect_project.data.id
  flow_json  = file("${path.module}/flows/${each.value}")
  labels     = ["aks"]
}
