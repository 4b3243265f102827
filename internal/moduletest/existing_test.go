package moduletest

import (
	"fmt"
	"maps"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

// existingRoot is a second Server with the cluster, registry and database of
// another stack.
const existingRoot = `
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
    helm    = { source = "hashicorp/helm" }
    prefect = { source = "prefect-server/prefect" }
  }
}

provider "azurerm" {
  use_oidc = true
  features {}
}

ephemeral "prefect_aks_token" "cluster" {
  use_oidc = true
}

module "stack" {
  source            = "../modules/stack"
  name              = "second"
  location          = "westeurope"
  database_password = "Correct-Horse-1"
  cluster           = { existing = { resource_id = %[1]q } }
  registry          = { existing = { resource_id = %[2]q } }
  database          = { existing = { resource_id = %[3]q } }
  prefect           = { namespace = "recipes-second", values = [%[4]q] }
}

output "cluster" { value = module.stack.cluster }
output "registry" { value = module.stack.registry }
output "database" { value = module.stack.database }
`

// applyOnExisting applies a stack that makes nothing but the Server, and destroys
// it: what it was given has to be as it was.
func (w *workspace) applyOnExisting(simulation *azure.Simulation, stack *devstack.Stack) {
	w.t.Helper()
	find := func(typ string) string {
		for _, path := range simulation.Resources() {
			if before, name, found := strings.Cut(path, "/providers/"+strings.ToLower(typ)+"/"); found && !strings.Contains(name, "/") {
				return simulation.Body(before + "/providers/" + typ + "/" + name)["id"].(string) //nolint:errcheck // fails the test
			}
		}
		w.t.Fatalf("there is no %s", typ)
		return ""
	}
	everything := func() map[string]string {
		bodies := map[string]string{}
		for _, path := range simulation.Resources() {
			bodies[path] = fmt.Sprint(simulation.Body(path))
		}
		return bodies
	}
	before := everything()
	cluster := "host = module.stack.kubernetes.host\ncluster_ca_certificate = module.stack.kubernetes.cluster_ca_certificate\ntoken = ephemeral.prefect_aks_token.cluster.token"
	if !w.attributes() {
		cluster += "\nload_config_file = false"
	}
	w.write("existing/main.tf", fmt.Sprintf(existingRoot,
		find("Microsoft.ContainerService/managedClusters"), find("Microsoft.ContainerRegistry/registries"), find("Microsoft.DBforPostgreSQL/flexibleServers"),
		w.embeddedValues(stack, freePort(w.t)))+w.helmProvider(cluster))
	w.apply("existing")
	if output := w.run("existing", "output"); !strings.Contains(output, "prefect-example-db-") || !strings.Contains(output, "prefect-example-aks") {
		w.t.Errorf("the outputs are not of what there was:\n%s", output)
	}
	w.run("existing", "destroy", "-auto-approve", "-input=false")
	if after := everything(); !maps.Equal(after, before) {
		w.t.Errorf("the destroy has left %v, want %v", after, before)
	}
}
