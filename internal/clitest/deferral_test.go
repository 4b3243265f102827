package clitest

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// TestDeferral plans with a Server whose address is known only after an apply. Where Terraform allows it, all that needs the
// Server is deferred, data sources too; the next apply then does it.
func TestDeferral(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	w := workspace(t, terraform, server, nil, "")
	w.Write("main.tf", `
terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }
}

resource "terraform_data" "server" {
  input = "`+server.API+`"
}

provider "prefect" {
  endpoint = terraform_data.server.output
  tenant   = "`+server.TenantID+`"
}

data "prefect_tenant" "own" {
  id = "`+server.TenantID+`"
}

resource "prefect_project" "data" {
  name        = "data"
  description = data.prefect_tenant.own.slug
}
`)
	if planned, code := w.Try("plan"); code == 0 || !strings.Contains(planned, "data.prefect_tenant.own") {
		t.Errorf("without deferral the data source does not fail (exit code %d):\n%s", code, planned)
	}
	w.Run("plan", "-allow-deferral", "-out=planned")
	says(t, w.Run("show", "-json", "planned"), `"deferred_changes":[`, `"reason":"provider_config_unknown"`, `"address":"data.prefect_tenant.own"`)
	w.Apply("-allow-deferral")
	if state := w.Read("terraform.tfstate"); strings.Contains(state, "prefect_project") {
		t.Errorf("what was deferred is in the state:\n%s", state)
	}
	w.Apply("-allow-deferral")
	w.Unchanged("after both applies")
}
