# A laptop outside the network, or a dev container on it. All it needs is the Kubernetes API: a cluster with your address in
# api_server_authorized_ip_ranges, or a VPN.
#
#   az login
#   az aks get-credentials --resource-group prefect-example --name prefect-example-aks
#   terraform init && terraform apply
#
# The kubeconfig says which cluster; its kubelogin is not used, because azure below signs in with what `az login` left.
#
# For a browser and Prefect's own client, two port-forwards in two shells, and http://localhost:8080 in the browser:
#
#   kubectl port-forward --namespace prefect service/prefect-apollo 4200
#   kubectl port-forward --namespace prefect service/prefect-ui 8080
#
# kubectl needs kubelogin (`az aks install-cli` installs both). The provider needs neither: port_forward below leads to the Server, and the
# ephemeral resource prefect_port_forward has an address for other providers.
#
# An agent of your own on the laptop, for flows that are being written (`prefect agent local start`), needs three variables:
#
#   export PREFECT__BACKEND=server
#   export PREFECT__CLOUD__API=http://localhost:4200
#   export PREFECT__CLOUD__AGENT__LABELS='["laptop"]'
terraform {
  required_version = ">= 1.11"
  required_providers {
    prefect = {
      source  = "prefect-server/prefect"
      version = ">= 0.1, < 2.0"
    }
  }
}

variable "kubeconfig" {
  description = "Where `az aks get-credentials` wrote to."
  type        = string
  default     = "~/.kube/config"
}

variable "namespace" {
  description = "Namespace of the Server's release."
  type        = string
  default     = "prefect"
}

provider "prefect" {
  tenant       = "default"
  port_forward = { namespace = var.namespace, service = "prefect-apollo", port = 4200 }

  kubernetes = {
    config_path = var.kubeconfig
    namespace   = "${var.namespace}-flows"
    azure       = { use_cli = true }
  }
}

resource "prefect_project" "example" {
  name = "laptop"
}

resource "prefect_flow" "example" {
  project_id = prefect_project.example.id
  flow_json  = file("../flows/my_example_flow.json")
  labels     = ["laptop"]
}
