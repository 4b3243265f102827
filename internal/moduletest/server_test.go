package moduletest

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"
)

// serverRoot releases Prefect Server with a further namespace and an ingress.
const serverRoot = `
terraform {
  required_providers {
    helm = { source = "hashicorp/helm" }
  }
}

variable "chart" {}
variable "values" {}
variable "sslmode" { default = "require" }
variable "labels" {
  type    = list(string)
  default = ["one"]
}

module "prefect_server" {
  source            = "../modules/prefect-server"
  namespace         = "server"
  chart             = { name = var.chart }
  database          = { host = "db.example.com", sslmode = var.sslmode, root_certificate_file = "/etc/ssl/certs/ca-certificates.crt" }
  database_password = "Correct-Horse-1"
  agent             = { labels = var.labels, namespaces = ["team-a"], job_resources = { limits = { memory = "1Gi" } } }
  exposure          = { mode = "ingress", class_name = "traefik", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", allowed_namespaces = ["traefik"], public = false }
  values            = [var.values]
}
`

// TestServer applies the module prefect-server alone with a real helm provider
// to a real API server: release, empty second plan, change in place, destroy.
func TestServer(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	w := newWorkspace(t)
	w.write("server/main.tf", serverRoot+w.helmProvider(fmt.Sprintf("config_path = %q", stack.Kubeconfig)))
	variables, err := json.Marshal(map[string]any{"chart": fixtureChart(t), "values": fixtureValues(idle(t), "none", 4200)})
	if err != nil {
		t.Fatal(err)
	}
	w.write("server/test.auto.tfvars.json", string(variables))
	w.run("server", "init", "-input=false")
	w.run("server", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("server", "after the apply")

	client := kubernetesClient(t, stack)
	checkIngress(t, client)
	checkTeam(t, client, `["one"]`)
	checkPassword(t, client, "server", "prefect-database", "Correct-Horse-1")
	checkHasura(t, client, "require")

	change := []string{`-var=labels=["one","two"]`, "-var=sslmode=verify-full"}
	want := map[string]string{
		"module.prefect_server.helm_release.server": "update", "module.prefect_server.helm_release.support": "update",
	}
	if got := w.actions("server", change...); !maps.Equal(got, want) {
		t.Errorf("the change would do %v, want %v", got, want)
	}
	w.planHides("server", "Correct-Horse-1")
	w.run("server", "apply", "-auto-approve", "-input=false", "plan.bin")
	checkTeam(t, client, `["one","two"]`)
	checkHasura(t, client, "verify-full")

	w.actions("server", append([]string{"-destroy"}, change...)...)
	w.planHides("server", "Correct-Horse-1")
	w.run("server", "apply", "-auto-approve", "-input=false", "plan.bin")
	services, err := client.CoreV1().Services("server").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(services.Items) > 0 {
		t.Errorf("destroy has left %d Services", len(services.Items))
	}
	if _, err := client.CoreV1().Namespaces().Get(t.Context(), "team-a", metav1.GetOptions{}); err != nil {
		t.Errorf("destroy has removed the namespace of the team's runs: %v", err)
	}
}

// checkHasura checks what counts of Hasura's environment, in which the console
// is named twice: the last entry wins, also after an upgrade.
func checkHasura(t *testing.T, client clientset.Interface, sslmode string) {
	t.Helper()
	deployment, err := client.AppsV1().Deployments("server").Get(t.Context(), "prefect-hasura", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for _, v := range deployment.Spec.Template.Spec.Containers[0].Env {
		variables[v.Name] = v.Value
	}
	if variables["HASURA_GRAPHQL_ENABLE_CONSOLE"] != "false" || variables["PGSSLMODE"] != sslmode {
		t.Errorf("Hasura's environment is %v, want no console and PGSSLMODE=%s", variables, sslmode)
	}
}

func checkIngress(t *testing.T, client clientset.Interface) {
	t.Helper()
	ingress, err := client.NetworkingV1().Ingresses("server").Get(t.Context(), "prefect", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, rule := range ingress.Spec.Rules {
		hosts = append(hosts, rule.Host+"->"+rule.HTTP.Paths[0].Backend.Service.Name)
	}
	if got, want := strings.Join(hosts, " "), "api.example.com->prefect-apollo ui.example.com->prefect-ui"; got != want {
		t.Errorf("the ingress leads %s, want %s", got, want)
	}
	if len(ingress.Spec.TLS) != 1 || ingress.Spec.TLS[0].SecretName != "tls" || *ingress.Spec.IngressClassName != "traefik" {
		t.Errorf("the ingress is %+v", ingress.Spec)
	}
	service, err := client.CoreV1().Services("server").Get(t.Context(), "prefect-apollo", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if service.Spec.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("the API's Service is a %s", service.Spec.Type)
	}
}

// checkTeam checks the further namespace's agent and what it may do: create Jobs
// there, and nothing elsewhere.
func checkTeam(t *testing.T, client clientset.Interface, labels string) {
	t.Helper()
	deployment, err := client.AppsV1().Deployments("server").Get(t.Context(), "prefect-agent-team-a", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for _, v := range deployment.Spec.Template.Spec.Containers[0].Env {
		variables[v.Name] = v.Value
	}
	for name, want := range map[string]string{
		"NAMESPACE": "team-a", "PREFECT__CLOUD__AGENT__LABELS": labels, "JOB_MEM_LIMIT": "1Gi",
		"PREFECT__CLOUD__API": "http://prefect-apollo.server:4200/graphql", "SERVICE_ACCOUNT_NAME": "prefect-flows",
		"PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE": "true",
	} {
		if variables[name] != want {
			t.Errorf("the team's agent has %s=%q, want %q", name, variables[name], want)
		}
	}
	for _, c := range []struct {
		verb, group, resource, namespace string
		allowed                          bool
	}{
		{"create", "batch", "jobs", "team-a", true},
		{"list", "", "pods", "team-a", true},
		{"get", "", "secrets", "team-a", false},
		{"create", "batch", "jobs", "default", false},
	} {
		review, err := client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{
				User: "system:serviceaccount:server:prefect-serviceaccount",
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Verb: c.verb, Group: c.group, Resource: c.resource, Namespace: c.namespace,
				},
			},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if review.Status.Allowed != c.allowed {
			t.Errorf("may the agent %s %s in %s: %t, want %t", c.verb, c.resource, c.namespace, review.Status.Allowed, c.allowed)
		}
	}
}
