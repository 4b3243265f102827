terraform {
  required_version = ">= 1.11"
  required_providers {
    # 3.1 is the first with write-only values.
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.1, < 4.0"
    }
  }
}
