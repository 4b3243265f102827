terraform {
  required_version = ">= 1.11"
  required_providers {
    # Releases are written with `values` only, which every version since 1.3 takes.
    helm = {
      source  = "hashicorp/helm"
      version = ">= 1.3.2, < 4.0"
    }
  }
}
