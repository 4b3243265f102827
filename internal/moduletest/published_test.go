package moduletest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"
)

// publishedRoot releases the published chart, and the module's own in its place
// when there is none.
const publishedRoot = `
terraform {
  required_providers {
    helm = { source = "hashicorp/helm" }
  }
}

variable "chart" { default = null }
variable "values" {}
variable "own_values" {}

module "prefect_server" {
  source                         = "../modules/prefect-server"
  namespace                      = "published"
  chart                          = var.chart == null ? {} : { name = var.chart }
  embedded_database_acknowledged = true
  timeout_seconds                = 60
  database_password              = "Correct-Horse-1"
  agent                          = { namespaces = { published-team = {} }, job_resources = { limits = { memory = "1Gi" } } }
  exposure                       = { mode = "internal_lb", api_ip = "10.0.0.4" }
  watch                          = { enabled = true }
  tenant_job                     = { enabled = var.chart == null ? false : true }
  values                         = [var.chart == null ? var.own_values : var.values]
}
`

// TestPublishedChart releases the published chart with the companion of the
// module's own, and then has the latter take the release over in place.
// PREFECT_MODULE_CHART names the published chart's file or directory; without, a
// fixture with its names, labels and values stands for it.
func TestPublishedChart(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	client := kubernetesClient(t, stack)
	giveAddresses(t, client)
	w := newWorkspace(t)
	w.write("published/main.tf", publishedRoot+w.helmProvider(fmt.Sprintf("config_path = %q", stack.Kubeconfig)))
	chart, values := fixtureChart(t), fixtureValues(idle(t))
	if upstream := os.Getenv("PREFECT_MODULE_CHART"); upstream != "" {
		// Its images are not there, so its pods never become ready; that of a StatefulSet would not be replaced then.
		chart, values = upstream, `postgresql: {primary: {command: [sleep, "86400"]}}`
		w.write("modules/prefect-server/chart_override.tf", "resource \"helm_release\" \"server\" {\n  wait = var.chart.name == null\n}\n")
	}
	variables := []string{"-var=values=" + values, "-var=own_values=" + idleValues(idle(t))}
	published := append([]string{"-auto-approve", "-input=false", "-var=chart=" + chart}, variables...)
	t.Cleanup(func() { w.report(stack) })
	w.run("published", "init", "-input=false")
	w.run("published", append([]string{"apply"}, published...)...)
	if output, code := w.try("published", append([]string{"plan", "-detailed-exitcode", "-no-color", "-var=chart=" + chart}, variables...)...); code != 0 {
		t.Errorf("the plan after the apply is not empty:\n%s", output)
	}
	support := manifests(t, client, "published", "prefect-support")
	checkStrictly(t, stack, support, warnings{t: t})
	for _, want := range []object{
		{"Deployment", "prefect-agent-published-team", map[string]string{"spec.template.spec.serviceAccountName": "prefect-serviceaccount"}},
		{"Service", "prefect-apollo-internal", map[string]string{"spec.selector": "map[app.kubernetes.io/component:apollo app.kubernetes.io/instance:prefect]"}},
		{"NetworkPolicy", "prefect-database", map[string]string{}},
		{"Secret", "prefect-database", map[string]string{}},
		{"CronJob", "prefect-watch", map[string]string{}},
		{"ConfigMap", "prefect-job-template", map[string]string{}},
		{"Deployment", "prefect-apollo", nil}, {"StatefulSet", "prefect-postgresql", nil}, {"ServiceAccount", "prefect-serviceaccount", nil},
	} {
		checkObject(t, "published", want, support)
	}
	checkStrictly(t, stack, manifests(t, client, "published", "prefect"), warnings{t: t, twice: []string{
		"HASURA_GRAPHQL_ENABLE_CONSOLE", "SERVICE_ACCOUNT_NAME", "NAMESPACE", "PREFECT_SERVER__HASURA__HOST",
	}})
	before := identities(t, client, "published")

	want := map[string]string{"module.prefect_server.helm_release.server": "update", "module.prefect_server.helm_release.companion[0]": "delete"}
	if got := w.actions("published", variables...); !maps.Equal(got, want) {
		t.Errorf("to take the release over would do %v, want %v", got, want)
	}
	w.run("published", "apply", "-auto-approve", "-input=false", "plan.bin")
	if output, code := w.try("published", append([]string{"plan", "-detailed-exitcode", "-no-color"}, variables...)...); code != 0 {
		t.Errorf("the plan after the take-over is not empty:\n%s", output)
	}
	after := identities(t, client, "published")
	for name, uid := range before {
		// The companion's have gone with it.
		if strings.Contains(name, "-internal") || strings.Contains(name, "-team") {
			continue
		}
		if after[name] != uid {
			t.Errorf("%s was not upgraded in place: %s, then %q", name, uid, after[name])
		}
	}
	checkStrictly(t, stack, manifests(t, client, "published", "prefect"), warnings{t: t})
	checkVariables(t, client, "published")
	checkPassword(t, client, "published", "prefect-database", "Correct-Horse-1")
	w.run("published", append([]string{"destroy", "-auto-approve", "-input=false"}, variables...)...)
}

// identities are the identities of what is upgraded rather than made anew.
func identities(t *testing.T, client clientset.Interface, namespace string) map[string]types.UID {
	t.Helper()
	found := map[string]types.UID{}
	deployments, err := client.AppsV1().Deployments(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range deployments.Items {
		found["Deployment "+deployments.Items[i].Name] = deployments.Items[i].UID
	}
	sets, err := client.AppsV1().StatefulSets(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range sets.Items {
		found["StatefulSet "+sets.Items[i].Name] = sets.Items[i].UID
	}
	services, err := client.CoreV1().Services(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range services.Items {
		found["Service "+services.Items[i].Name] = services.Items[i].UID
	}
	if len(found) < 10 {
		t.Errorf("there are only %v", found)
	}
	return found
}

// checkVariables fails the test if a container has a variable twice: what merges
// a change of one is not defined.
func checkVariables(t *testing.T, client clientset.Interface, namespace string) {
	t.Helper()
	deployments, err := client.AppsV1().Deployments(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range deployments.Items {
		seen := map[string]bool{}
		for _, variable := range deployments.Items[i].Spec.Template.Spec.Containers[0].Env {
			if seen[variable.Name] {
				t.Errorf("%s has %s twice", deployments.Items[i].Name, variable.Name)
			}
			seen[variable.Name] = true
		}
	}
}

// fixtureChart is the chart that stands for the published one.
func fixtureChart(t *testing.T) string {
	t.Helper()
	return filepath.Join(root(t), "internal/moduletest/testdata/chart")
}

// fixtureValues say what the containers of the fixture's chart run.
func fixtureValues(program string) string {
	return fmt.Sprintf("fixture: {program: %q, kubeconfig: none, port: 4200}\n", program)
}
