package clitest

import (
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra/entratest"
)

// through signs in to a cluster with a token, forwards a port to the Server with it, and works on that Server.
const through = `
terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }
}

ephemeral "prefect_aks_token" "cluster" {
  provider       = prefect.azure
  tenant_id      = "11111111-2222-3333-4444-555555555555"
  client_id      = "app"
  client_secret  = "s3cret"
  authority_host = "%[1]s"
}

provider "prefect" {
  alias = "azure"
}

provider "prefect" {
  alias = "cluster"

  kubernetes = {
    host                   = "%[2]s"
    cluster_ca_certificate = file("ca.pem")
    token                  = ephemeral.prefect_aks_token.cluster.token
    namespace              = "%[3]s"
  }
}

ephemeral "prefect_port_forward" "server" {
  provider = prefect.cluster
  service  = "%[4]s"
}

provider "prefect" {
  endpoint = "http://${ephemeral.prefect_port_forward.server.address}"
  tenant   = "%[5]s"
}

resource "prefect_project" "data" {
  name = "data"
}
`

// TestEphemeral_chain uses both ephemeral resources where nothing else could: in the configuration of providers. Neither plan
// nor state holds the token.
func TestEphemeral_chain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, program string) {
		t.Helper()
		server, cluster := acctest.Server(t), acctest.Cluster(t)
		exposed := acctest.Expose(t, cluster, server.API)
		pod := exposed.Start()
		login := entratest.New(t)
		token := acctest.ServiceAccountToken(t, cluster, []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"services"}, Verbs: []string{"get"}},
			{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}},
			{APIGroups: []string{""}, Resources: []string{"pods/portforward"}, Verbs: []string{"create"}},
		})
		login.Set(func(s *entratest.Server) { s.Token = token })
		trusted := filepath.Join(t.TempDir(), "entra.pem")
		certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: login.Certificate().Raw})
		if err := os.WriteFile(trusted, certificate, 0o600); err != nil {
			t.Fatal(err)
		}
		w := workspace(t, program, server, nil, "", "SSL_CERT_FILE="+trusted)
		rest := cluster.Client.RESTConfig()
		w.Write("ca.pem", string(rest.CAData))
		w.Write("main.tf", fmt.Sprintf(through, login.URL, rest.Host, cluster.Namespace, exposed.Name, server.TenantID))

		w.Run("plan", "-out=planned")
		if shown := w.Run("show", "-json", "planned"); strings.Contains(shown, token) {
			t.Errorf("the plan holds the token")
		}
		w.Apply()
		if strings.Contains(w.Read("terraform.tfstate"), token) {
			t.Errorf("the state holds the token")
		}
		if _, err := server.Client.FindProject(t.Context(), "data"); err != nil {
			t.Error(err)
		}
		asked := len(login.Requests())
		next := exposed.Start()
		exposed.Stop(pod)
		w.Unchanged("after the Server's pod was replaced")
		if again := len(login.Requests()); again <= asked {
			t.Errorf("the plan asked for no token of its own: %d requests, %d before", again, asked)
		}

		exposed.Stop(next)
		output, code := w.Try("plan")
		if code == 0 {
			t.Error("a Service without pods is forwarded to")
		}
		says(t, output, `Could not forward a port to Service "`+exposed.Name+`"`, "no pod has the labels")
		login.Set(func(s *entratest.Server) { s.Refuse = "AADSTS7000215: Invalid client secret provided. Trace ID: 1" })
		if output, code = w.Try("plan"); code == 0 {
			t.Error("a plan without a token succeeds")
		}
		says(t, output, "Cannot sign in to Microsoft Entra ID", "ephemeral.prefect_aks_token.cluster", "AADSTS7000215", "Check tenant_id, client_id and client_secret")
		silent(t, output, "s3cret")
	})
}
