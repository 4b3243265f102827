# Pins the provider. `terraform init` writes its checksums into .terraform.lock.hcl, which belongs into version control.
terraform {
  required_version = ">= 1.8"

  required_providers {
    prefect = {
      source  = "prefect-server/prefect"
      version = "~> 0.1"
    }
  }
}

provider "prefect" {
  endpoint = "https://prefect.example.com/graphql"
}

# Asks the Server, so that `terraform plan` says whether it can be reached.
data "prefect_server" "this" {}

output "server" {
  value = data.prefect_server.this.version
}
