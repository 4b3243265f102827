package clitest

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestEphemeral gives a secret to a write-only argument from an ephemeral variable: neither plan nor state hold it.
func TestEphemeral(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		server := acctest.Server(t)
		w := workspace(t, program, server, nil, `
variable "url" {
  type      = string
  ephemeral = true
}

resource "prefect_cloud_hook" "failed" {
  states = ["Failed"]
  slack  = { url_wo = var.url, url_wo_version = 1 }
}
`)
		const secret = "https://hooks.example.com/T000/very-secret"
		w.Run("plan", "-var=url="+secret, "-out=planned")
		if shown := w.Run("show", "-json", "planned"); strings.Contains(shown, secret) {
			t.Errorf("the plan holds the secret:\n%s", shown)
		}
		w.Apply("-var=url=" + secret)
		if state := w.Read("terraform.tfstate"); strings.Contains(state, secret) {
			t.Errorf("the state holds the secret:\n%s", state)
		}
		hooks, err := server.Client.ListCloudHooks(t.Context(), prefect.CloudHookFilter{})
		if err != nil || len(hooks) != 1 || !strings.Contains(string(hooks[0].Config), secret) {
			t.Errorf("got the hooks %+v (%v), want one with the secret", hooks, err)
		}
	})
}

// TestFunctions calls functions of the provider.
func TestFunctions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		w := workspace(t, program, acctest.Server(t), nil, `
output "name" { value = keys(provider::prefect::flows(file("etl.json")))[0] }
`)
		w.Write("etl.json", etl(t))
		w.Apply()
		if name := strings.TrimSpace(w.Run("output", "-raw", "name")); !strings.HasSuffix(name, "etl") {
			t.Errorf("got %q", name)
		}
	})
}
