package moduletest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	clientset "k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// serverRoot releases Prefect Server with a further namespace and an ingress.
const serverRoot = `
terraform {
  required_providers {
    helm = { source = "hashicorp/helm" }
  }
}

variable "values" {}
variable "sslmode" { default = "require" }
variable "labels" {
  type    = list(string)
  default = ["one"]
}
variable "memory" { default = "1Gi" }

module "prefect_server" {
  source            = "../modules/prefect-server"
  namespace         = "server"
  database          = { host = "db.example.com", sslmode = var.sslmode, root_certificate_file = "/etc/ssl/certs/ca-certificates.crt" }
  database_password = "Correct-Horse-1"
  agent = {
    labels        = var.labels
    namespaces    = { team-a = { flows_service_account = { annotations = { "example.com/identity" = "team" } } } }
    job_resources = { limits = { memory = var.memory } }
    # More than a dozen variables, from where on a patch may take equal names in any order; one comes and one goes.
    env = merge({ for i in range(12) : "VARIABLE_${i}" => var.memory }, { "VARIABLE_${var.memory}" = "" })
  }
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
	variables, err := json.Marshal(map[string]any{"values": idleValues(idle(t))})
	if err != nil {
		t.Fatal(err)
	}
	w.write("server/test.auto.tfvars.json", string(variables))
	w.run("server", "init", "-input=false")
	w.run("server", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("server", "after the apply")

	client := kubernetesClient(t, stack)
	checkIngress(t, client)
	checkTeam(t, client)
	before := checkAgents(t, client, `["one"]`, "1Gi")
	checkPassword(t, client, "server", "prefect-database", "Correct-Horse-1")
	checkHasura(t, client, "require")
	checkEviction(t, client)

	change := []string{`-var=labels=["one","two"]`, "-var=sslmode=verify-full", "-var=memory=2Gi"}
	want := map[string]string{"module.prefect_server.helm_release.server": "update"}
	if got := w.actions("server", change...); !maps.Equal(got, want) {
		t.Errorf("the change would do %v, want %v", got, want)
	}
	w.planHides("server", "Correct-Horse-1")
	w.run("server", "apply", "-auto-approve", "-input=false", "plan.bin")
	checkTeam(t, client)
	after := checkAgents(t, client, `["one","two"]`, "2Gi")
	for name, template := range after {
		if template == before[name] {
			t.Errorf("%s has not been started again with the changed template of Jobs", name)
		}
	}
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

// checkHasura checks what counts of Hasura's environment, also after an upgrade.
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

// checkAgents checks what the agents' containers are told, and what Jobs are made
// of. It gives the annotation with which a pod follows the template, by agent.
func checkAgents(t *testing.T, client clientset.Interface, labels, memory string) map[string]string {
	t.Helper()
	const file = "/etc/prefect/job-template.yaml"
	annotations := map[string]string{}
	for name, want := range map[string]map[string]string{
		"prefect-agent":        {"NAMESPACE": "server-flows", "PREFECT__CLOUD__AGENT__LABELS": labels},
		"prefect-agent-team-a": {"NAMESPACE": "team-a", "PREFECT__CLOUD__AGENT__LABELS": `["team-a"]`, "PREFECT__CLOUD__API": "http://prefect-apollo.server:4200/graphql"},
	} {
		deployment, err := client.AppsV1().Deployments("server").Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		pod := deployment.Spec.Template
		container := pod.Spec.Containers[0]
		variables := map[string]string{}
		for _, v := range container.Env { // the last of a name wins
			variables[v.Name] = v.Value
		}
		maps.Copy(want, map[string]string{
			"PREFECT__CLOUD__AGENT__NAME": name, "SERVICE_ACCOUNT_NAME": "prefect-flows", "VARIABLE_11": memory,
			"PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE": "true",
		})
		for variable, value := range want {
			if variables[variable] != value {
				t.Errorf("%s has %s=%q, want %q", name, variable, variables[variable], value)
			}
		}
		if n := len(container.VolumeMounts); n != 1 || !strings.HasPrefix(file, container.VolumeMounts[0].MountPath) ||
			pod.Spec.Volumes[0].ConfigMap == nil || pod.Spec.Volumes[0].ConfigMap.Name != "prefect-job-template" {
			t.Errorf("%s does not mount the template of Jobs: %+v of %+v", name, container.VolumeMounts, pod.Spec.Volumes)
		}
		annotations[name] = pod.Annotations["checksum/job-template"]
		if annotations[name] == "" {
			t.Errorf("%s is not started again when the template of Jobs changes", name)
		}
	}
	template, err := client.CoreV1().ConfigMaps("server").Get(t.Context(), "prefect-job-template", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var job batchv1.Job
	if err := yaml.UnmarshalStrict([]byte(template.Data["job-template.yaml"]), &job); err != nil {
		t.Fatal(err)
	}
	if flow := job.Spec.Template.Spec.Containers[0]; flow.Name != "flow" || flow.Resources.Limits.Memory().String() != memory {
		t.Errorf("Jobs are made of %+v, want a container flow with %s of memory", flow, memory)
	}
	return annotations
}

// checkTeam checks what the further namespace's agent may do: create Jobs there,
// and nothing elsewhere; and that runs may nothing.
func checkTeam(t *testing.T, client clientset.Interface) {
	t.Helper()
	account, err := client.CoreV1().ServiceAccounts("team-a").Get(t.Context(), "prefect-flows", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if account.Annotations["example.com/identity"] != "team" || account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
		t.Errorf("runs in the team's namespace have the account %+v", account)
	}
	const agent, flows = "server:prefect-serviceaccount", "server-flows:prefect-flows"
	for _, c := range []struct {
		account, verb, group, resource, namespace string
		allowed                                   bool
	}{
		{agent, "create", "batch", "jobs", "team-a", true},
		{agent, "list", "", "pods", "team-a", true},
		{agent, "get", "", "secrets", "team-a", false},
		{agent, "create", "batch", "jobs", "default", false},
		{agent, "create", "batch", "jobs", "server-flows", true},
		{agent, "get", "", "secrets", "server-flows", false},
		// Where the database's password is, not even the agent may start something that could mount it.
		{agent, "create", "batch", "jobs", "server", false},
		{flows, "create", "batch", "jobs", "server-flows", false},
		{flows, "list", "", "pods", "server-flows", false},
		{"team-a:prefect-flows", "create", "batch", "jobs", "team-a", false},
	} {
		review, err := client.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{
				User: "system:serviceaccount:" + c.account,
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Verb: c.verb, Group: c.group, Resource: c.resource, Namespace: c.namespace,
				},
			},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if review.Status.Allowed != c.allowed {
			t.Errorf("may %s %s %s in %s: %t, want %t", c.account, c.verb, c.resource, c.namespace, review.Status.Allowed, c.allowed)
		}
	}
}

// checkEviction checks that a run cannot be evicted, as a drain of its node would.
func checkEviction(t *testing.T, client clientset.Interface) {
	t.Helper()
	run := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "run", Labels: map[string]string{"prefect.io/flow_run_id": "run"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "flow", Image: "example.com/flow:1", Command: []string{"sleep", "600"}}}},
	}
	if _, err := client.CoreV1().Pods("team-a").Create(t.Context(), run, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.CoreV1().Pods("team-a").Delete(t.Context(), "run", metav1.DeleteOptions{}) }()
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		budget, err := client.PolicyV1().PodDisruptionBudgets("team-a").Get(ctx, "prefect-flows", metav1.GetOptions{})
		return err == nil && budget.Status.CurrentHealthy == 1, err
	})
	if err != nil {
		t.Fatalf("nothing counts the run: %v", err)
	}
	err = client.PolicyV1().Evictions("team-a").Evict(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "run", Namespace: "team-a"}})
	if !apierrors.IsTooManyRequests(err) {
		t.Errorf("a run can be evicted: %v", err)
	}
}
