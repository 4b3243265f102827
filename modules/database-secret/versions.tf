terraform {
  required_version = ">= 1.11"
  required_providers {
    # Write-only values came with 3.0; the module is tested with 3.1.
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.1, < 4.0"
    }
  }
}
