// Package oss stands for Terraform's backend of this name, which is a module of
// its own that the archive of Terraform's lacks. No test uses it.
package oss

import "github.com/hashicorp/terraform/internal/backend"

// New returns nil.
func New() backend.Backend { return nil }
