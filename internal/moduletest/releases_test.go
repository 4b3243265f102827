package moduletest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clientset "k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
)

// object is a rendered object; want gives, by path, what it has to say, with
// fmt's %v; <nil> is for what must not be there.
type object struct {
	kind, name string
	want       map[string]string
}

// release is one use of the module prefect-server.
type release struct {
	name      string
	arguments string
	objects   []object
}

// longNamespace is as long as a namespace may be.
const longNamespace = "case-mirror-team-team-team-team-team-team-team-team-team-team-x"

// releases are the branches of the module that show in the cluster.
func releases() []release {
	const database = `
    database          = { host = "db.example.com" }
    database_password = "Correct-Horse-1"`
	const hosts = `api_host = "api.example.com", ui_host = "ui.example.com"`
	internal := "spec.infrastructure.annotations.service.beta.kubernetes.io/azure-load-balancer-internal"
	return []release{
		{"plain", database, []object{
			{"Service", "prefect-apollo", map[string]string{"spec.type": "ClusterIP"}},
			{"Service", "prefect-ui", map[string]string{"spec.type": "ClusterIP"}},
			{"Deployment", "prefect-agent", map[string]string{
				"spec.template.spec.containers.0.resources": "map[limits:map[memory:512Mi] requests:map[cpu:100m memory:256Mi]]",
			}},
			{"Deployment", "prefect-apollo", map[string]string{
				"spec.template.spec.securityContext":              "map[seccompProfile:map[type:RuntimeDefault]]",
				"spec.template.spec.containers.0.image":           "prefecthq/apollo:2022.09.23",
				"spec.template.spec.containers.0.imagePullPolicy": "IfNotPresent",
				"spec.template.spec.containers.0.resources":       "map[limits:map[] requests:map[cpu:100m memory:256Mi]]",
			}},
			{"Deployment", "prefect-hasura", map[string]string{
				"spec.template.metadata.annotations":              "map[database-password-version:1]",
				"spec.template.spec.containers.0.securityContext": "map[allowPrivilegeEscalation:false]",
			}},
			{"Role", "prefect-agent-role", nil}, {"ServiceAccount", "prefect-flows", nil}, {"StatefulSet", "prefect-postgresql", nil},
			{"Ingress", "prefect", nil}, {"Gateway", "prefect-gateway", nil}, {"HTTPRoute", "prefect-api", nil}, {"NetworkPolicy", "prefect-ui", nil},
			{"CronJob", "prefect-watch", nil},
		}},
		{"watch", database + `
    watch = { enabled = true, late_after_seconds = 60 }
    agent = { namespaces = { case-watch-team = {} } }`, []object{
			{"CronJob", "prefect-watch", map[string]string{
				"spec.jobTemplate.spec.template.spec.automountServiceAccountToken": "false",
				"spec.jobTemplate.spec.template.spec.containers.0.image":           "prefecthq/prefect:1.4.0",
				"spec.jobTemplate.spec.template.spec.containers.0.env": "[map[name:PREFECT__CLOUD__API value:http://prefect-apollo.case-watch:4200/graphql] " +
					`map[name:AGENTS value:["prefect-agent","prefect-agent-case-watch-team"]] map[name:LATE_AFTER_SECONDS value:60] map[name:SILENT_AFTER_SECONDS value:300]]`,
			}},
		}},
		{"embedded", `
    embedded_database_acknowledged = true
    database_password              = "Correct-Horse-1"`, []object{
			{"NetworkPolicy", "prefect-database", map[string]string{"spec.podSelector.matchLabels.app.kubernetes.io/name": "postgresql"}},
			{"StatefulSet", "prefect-postgresql", map[string]string{
				"spec.serviceName":                      "prefect-postgresql-hl",
				"spec.template.spec.containers.0.image": "docker.io/bitnamilegacy/postgresql:14.5.0-debian-11-r14",
			}},
		}},
		{"existing-secret", `
    database                 = { host = "db.example.com" }
    database_existing_secret = module.database_secret.name`, []object{{"Secret", "mine", nil}, {"Secret", "prefect-database", nil}}},
		{"clients", database + `
    clients = [{ namespace = "ci" }, { namespace = "sign-in", pod_labels = { app = "proxy" }, ui = true }]`, []object{
			{"NetworkPolicy", "prefect-api", map[string]string{
				"spec.ingress.0.from.2": "map[namespaceSelector:map[matchLabels:map[kubernetes.io/metadata.name:ci]]]",
				"spec.ingress.0.from.3": "map[namespaceSelector:map[matchLabels:map[kubernetes.io/metadata.name:sign-in]] podSelector:map[matchLabels:map[app:proxy]]]",
			}},
			{"NetworkPolicy", "prefect-ui", map[string]string{
				"spec.ingress.0.from": "[map[namespaceSelector:map[matchLabels:map[kubernetes.io/metadata.name:sign-in]] podSelector:map[matchLabels:map[app:proxy]]]]",
			}},
		}},
		{"no-policies", database + `
    network_policies_enabled = false
    agent                    = { job_namespace = "case-no-policies", job_eviction_allowed = true }`, []object{
			{"NetworkPolicy", "prefect-deny", nil}, {"PodDisruptionBudget", "prefect-flows", nil}, {"ServiceAccount", "prefect-flows", map[string]string{}},
		}},
		{"load-balancer", database + `
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", ui_ip = "10.0.0.5", allowed_cidrs = ["10.0.0.0/16"], annotations = { "example.com/owner" = "team", "service.beta.kubernetes.io/azure-load-balancer-internal" = "false" } }`, []object{
			{"Service", "prefect-apollo", map[string]string{"spec.type": "ClusterIP"}},
			{"Service", "prefect-apollo-internal", map[string]string{
				"spec.type": "LoadBalancer", "spec.externalTrafficPolicy": "Local", "spec.loadBalancerSourceRanges": "[10.0.0.0/16]",
				"spec.selector": "map[app.kubernetes.io/component:apollo app.kubernetes.io/instance:prefect app.kubernetes.io/name:prefect-server]", "spec.ports.0.port": "4200",
				"metadata.annotations.service.beta.kubernetes.io/azure-load-balancer-internal":                      "true",
				"metadata.annotations.service.beta.kubernetes.io/azure-load-balancer-ipv4":                          "10.0.0.4",
				"metadata.annotations.service.beta.kubernetes.io/azure-deny-all-except-load-balancer-source-ranges": "true",
				"metadata.annotations.example.com/owner":                                                            "team",
			}},
			{"Service", "prefect-ui-internal", map[string]string{
				"spec.type": "LoadBalancer", "spec.ports.0.port": "8080",
				"metadata.annotations.service.beta.kubernetes.io/azure-load-balancer-internal": "true",
				"metadata.annotations.service.beta.kubernetes.io/azure-load-balancer-ipv4":     "10.0.0.5",
			}},
			{"NetworkPolicy", "prefect-ui", map[string]string{"spec.ingress.0.from.0.ipBlock.cidr": "10.0.0.0/16"}},
		}},
		{"gateway", database + `
    exposure = { mode = "gateway", class_name = "approuting-istio", ` + hosts + ` }`, []object{
			{"Gateway", "prefect-gateway", map[string]string{
				internal: "true", "spec.gatewayClassName": "approuting-istio",
				"spec.listeners.0.name": "api", "spec.listeners.0.protocol": "HTTP", "spec.listeners.0.port": "80", "spec.listeners.0.hostname": "api.example.com",
				"spec.listeners.1.name": "ui", "spec.listeners.1.tls": "<nil>",
				"spec.listeners.0.allowedRoutes.namespaces.selector.matchLabels.kubernetes.io/metadata.name": "case-gateway",
			}},
			{"HTTPRoute", "prefect-api", map[string]string{
				"spec.hostnames.0": "api.example.com", "spec.parentRefs.0.name": "prefect-gateway", "spec.parentRefs.0.sectionName": "api",
				"spec.rules.0.backendRefs.0.name": "prefect-apollo", "spec.rules.0.backendRefs.0.port": "4200",
			}},
			{"HTTPRoute", "prefect-ui", map[string]string{
				"spec.hostnames.0": "ui.example.com", "spec.rules.0.backendRefs.0.name": "prefect-ui", "spec.rules.0.backendRefs.0.port": "8080",
			}},
			{"Ingress", "prefect", nil},
		}},
		{"gateway-one-name", database + `
    exposure = { mode = "gateway", class_name = "approuting-istio", api_host = "p.example.com", ui_host = "p.example.com" }`, []object{
			{"Gateway", "prefect-gateway", map[string]string{"spec.listeners.0.name": "ui", "spec.listeners.1": "<nil>"}},
			{"HTTPRoute", "prefect-api", map[string]string{
				"spec.rules.0.matches": "[map[path:map[type:PathPrefix value:/graphql]]]", "spec.parentRefs.0.sectionName": "ui",
			}},
			{"HTTPRoute", "prefect-ui", map[string]string{"spec.rules.0.matches": "<nil>", "spec.parentRefs.0.sectionName": "ui"}},
		}},
		{"gateway-public", database + `
    exposure = {
      mode = "gateway", class_name = "approuting-istio", tls_secret_name = "tls", ` + hosts + `
      annotations = { "cert-manager.io/cluster-issuer" = "acme" }, address_annotations = { "example.com/owner" = "team" }
      public = true, public_acknowledgement = "anyone who reaches this address controls Prefect"
    }`, []object{
			{"Gateway", "prefect-gateway", map[string]string{
				internal: "<nil>", "spec.infrastructure.annotations": "map[example.com/owner:team]",
				"metadata.annotations.cert-manager.io/cluster-issuer": "acme",
				"spec.listeners.0.protocol":                           "HTTPS", "spec.listeners.0.port": "443", "spec.listeners.0.tls.certificateRefs.0.name": "tls",
				"spec.listeners.1.protocol": "HTTPS",
			}},
		}},
		{"gateway-shared", database + `
    exposure = { mode = "gateway", gateway_name = "shared", gateway_namespace = "gateways", tls_secret_name = "tls", public = false, ` + hosts + ` }`, []object{
			{"Gateway", "shared", nil},
			{"HTTPRoute", "prefect-api", map[string]string{
				"spec.parentRefs.0.name": "shared", "spec.parentRefs.0.namespace": "gateways", "spec.parentRefs.0.sectionName": "<nil>",
			}},
			{"NetworkPolicy", "prefect-ui", map[string]string{"spec.ingress.0.from.0.namespaceSelector.matchLabels.kubernetes.io/metadata.name": "gateways"}},
		}},
		{"mirror", database + `
    image_registry     = "example.azurecr.io/mirror"
    image_pull_secrets = ["login"]
    agent = {
      job_namespace = "case-mirror"
      labels = ["aks"], resources = { limits = { cpu = "1", memory = "1Gi" } }
      namespaces = { case-mirror-team = {}, ` + longNamespace + ` = { labels = ["long"] } }
      node_selector = { "kubernetes.io/os" = "linux" }, tolerations = [{ key = "CriticalAddonsOnly", operator = "Exists" }]

      job_image = "example.azurecr.io/flows:1", job_image_pull_policy = "Always", job_resources = { requests = { cpu = "250m" }, limits = { memory = "1Gi" } }
      job_node_selector = { pool = "spot" }, job_tolerations = [{ key = "kubernetes.azure.com/scalesetpriority", value = "spot", effect = "NoSchedule" }]
      job_pod_labels = { "azure.workload.identity/use" = "true" }
      flows_service_account = { annotations = { "azure.workload.identity/client-id" = "1" }, automount_token = true }
    }`, []object{
			{"Deployment", "prefect-agent", map[string]string{
				"spec.template.spec.containers.0.image":            "example.azurecr.io/mirror/prefecthq/prefect:1.4.0",
				"spec.template.spec.containers.0.resources.limits": "map[cpu:1 memory:1Gi]",
				"spec.template.spec.imagePullSecrets":              "[map[name:login]]",
				"spec.template.spec.nodeSelector":                  "map[kubernetes.io/os:linux]",
				"spec.template.spec.tolerations":                   "[map[key:CriticalAddonsOnly operator:Exists]]",
			}},
			{"Deployment", "prefect-agent-case-mirror-team", map[string]string{
				"spec.template.spec.containers.0.image": "example.azurecr.io/mirror/prefecthq/prefect:1.4.0",
				"spec.template.spec.imagePullSecrets":   "[map[name:login]]",
				"spec.template.spec.nodeSelector":       "map[kubernetes.io/os:linux]",
				"spec.template.spec.tolerations":        "[map[key:CriticalAddonsOnly operator:Exists]]",
			}},
			{"PodDisruptionBudget", "prefect-flows", map[string]string{"spec.minAvailable": "1e+06"}},
			{"ServiceAccount", "prefect-flows", map[string]string{
				"metadata.annotations.azure.workload.identity/client-id": "1", "automountServiceAccountToken": "true",
			}},
		}},
	}
}

// TestReleases releases each branch of the module prefect-server with a real
// helm provider to a real API server with the Gateway API, has that check
// strictly what was rendered, plans again and destroys.
func TestReleases(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	client := kubernetesClient(t, stack)
	giveAddresses(t, client)

	w := newWorkspace(t)
	var root strings.Builder
	fmt.Fprintf(&root, "terraform {\n  required_providers {\n    helm = { source = \"hashicorp/helm\" }\n  }\n}\n%s", w.helmProvider(fmt.Sprintf("config_path = %q", stack.Kubeconfig)))
	root.WriteString(`
variable "secret" {
  type    = any
  default = { password = "Correct,\\Horse-1", version = 1, create_namespace = true }
}

module "database_secret" {
  source           = "../modules/database-secret"
  name             = "mine"
  namespace        = "case-existing-secret"
  password         = var.secret.password
  password_version = var.secret.version
  create_namespace = var.secret.create_namespace
}
`)
	for _, r := range releases() {
		fmt.Fprintf(&root, `
module %[1]q {
  source    = "../modules/prefect-server"
  namespace = "case-%[1]s"
  values    = [%[2]q]
%[3]s
}
`, r.name, idleValues(idle(t)), r.arguments)
	}
	w.write("releases/main.tf", root.String())
	w.run("releases", "init", "-input=false")
	w.run("releases", "apply", "-auto-approve", "-input=false")
	w.planIsEmpty("releases", "after the apply")

	var all []*unstructured.Unstructured
	for _, r := range releases() {
		objects := manifests(t, client, "case-"+r.name, "prefect")
		all = append(all, objects...)
		for _, o := range r.objects {
			checkObject(t, r.name, o, objects)
		}
		all = append(all, job(t, objects))
	}
	for _, namespace := range []string{"case-plain-flows", "case-mirror-team", longNamespace} {
		all = append(all, manifests(t, client, namespace, "prefect-agent")...)
	}
	all = append(all, manifests(t, client, "case-existing-secret", "mine")...)
	checkStrictly(t, stack, all, warnings{t: t})
	checkSelection(t, client, "case-load-balancer", map[string]string{
		"prefect-deny": "agent apollo graphql hasura towel ui", "prefect-internal": "graphql hasura", "prefect-api": "apollo", "prefect-ui": "ui",
	})
	checkDatabaseSecret(t, w, client)
	w.run("releases", "destroy", "-auto-approve", "-input=false")
}

// job is the Job that an agent makes of a release's template.
func job(t *testing.T, objects []*unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "ConfigMap" && o.GetName() == "prefect-job-template"
	})
	if i < 0 {
		t.Fatal("there is no template of Jobs")
	}
	data, _, err := unstructured.NestedString(objects[i].Object, "data", "job-template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := yaml.Unmarshal([]byte(data), &template); err != nil {
		t.Fatal(err)
	}
	made, err := jobspec.Generate(jobspec.Run{
		ID: "11111111-1111-4111-8111-111111111111", FlowID: "22222222-2222-4222-8222-222222222222", CoreVersion: "1.4.1",
		Storage: map[string]any{"type": "Local"},
	}, jobspec.Agent{JobTemplate: template, ServiceAccountName: "prefect-flows"}, "0123abcd")
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: made}
}

// checkDatabaseSecret changes the password of the module database-secret, and
// then the release without sending the password again: the Secret holds it each
// time, the state only without write-only values.
func checkDatabaseSecret(t *testing.T, w *workspace, client clientset.Interface) {
	t.Helper()
	check := func(when, password string) {
		t.Helper()
		checkPassword(t, client, "case-existing-secret", "mine", password)
		if kept := w.stateHolds("releases", password); kept == w.attributes() {
			t.Errorf("%s, it is %t that the state holds the password of the module database-secret", when, kept)
		}
	}
	check("after the apply", `Correct,\Horse-1`)
	want := map[string]string{"module.database_secret.helm_release.this": "update"}
	for _, change := range []struct{ when, variable string }{
		{"with another password", `{password = "Correct,\\Horse-2", version = 2, create_namespace = true}`},
		{"with another setting", `{password = "Correct,\\Horse-2", version = 2, create_namespace = false}`},
	} {
		if got := w.actions("releases", "-var=secret="+change.variable); !maps.Equal(got, want) {
			t.Errorf("the plan %s would do %v, want %v", change.when, got, want)
		}
		w.planHides("releases", `Correct,\Horse-2`)
		w.run("releases", "apply", "-auto-approve", "-input=false", "plan.bin")
		check(change.when, `Correct,\Horse-2`)
	}
}

// checkObject looks for an object among those that a release was rendered to.
func checkObject(t *testing.T, release string, want object, objects []*unstructured.Unstructured) {
	t.Helper()
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == want.kind && o.GetName() == want.name })
	switch {
	case want.want == nil && i >= 0:
		t.Errorf("%s: there is a %s %s", release, want.kind, want.name)
	case want.want != nil && i < 0:
		t.Errorf("%s: there is no %s %s", release, want.kind, want.name)
	}
	if i < 0 {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(want.want)) {
		if got := fmt.Sprint(at(objects[i].Object, path)); got != want.want[path] {
			t.Errorf("%s: %s %s has %s = %s, want %s", release, want.kind, want.name, path, got, want.want[path])
		}
	}
}

// at is the value at a path. A key may contain dots itself.
func at(value any, path string) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if key == path {
				return inner
			}
			if rest, found := strings.CutPrefix(path, key+"."); found {
				return at(inner, rest)
			}
		}
	case []any:
		number, rest, deeper := strings.Cut(path, ".")
		var i int
		if _, err := fmt.Sscan(number, &i); err != nil || i >= len(v) {
			return nil
		}
		if !deeper {
			return v[i]
		}
		return at(v[i], rest)
	}
	return nil
}

// checkSelection compares the pods that network policies select, by component.
func checkSelection(t *testing.T, client clientset.Interface, namespace string, want map[string]string) {
	t.Helper()
	policies, err := client.NetworkingV1().NetworkPolicies(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i := range policies.Items {
		pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(&policies.Items[i].Spec.PodSelector)})
		if err != nil {
			t.Fatal(err)
		}
		var components []string
		for j := range pods.Items {
			components = append(components, pods.Items[j].Labels["app.kubernetes.io/component"])
		}
		slices.Sort(components)
		got[policies.Items[i].Name] = strings.Join(components, " ")
	}
	if !maps.Equal(got, want) {
		t.Errorf("the network policies select %v, want %v", got, want)
	}
}

// giveAddresses stands for the cloud's controller: it gives every Service of
// type LoadBalancer an address, for which Helm waits.
func giveAddresses(t *testing.T, client clientset.Interface) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	watch, err := client.CoreV1().Services("").Watch(ctx, metav1.ListOptions{})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	var working sync.WaitGroup
	working.Go(func() {
		for event := range watch.ResultChan() {
			service, ok := event.Object.(*corev1.Service)
			if !ok || service.Spec.Type != corev1.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
				continue
			}
			service = service.DeepCopy()
			service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
			// One that has changed or gone meanwhile comes again, or needs none.
			_, _ = client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, service, metav1.UpdateOptions{})
		}
	})
	t.Cleanup(func() {
		stop()
		working.Wait()
	})
}

// idleValues have all containers of the module's chart run a program that does
// nothing.
func idleValues(program string) string {
	command := fmt.Sprintf("command: [%q]", program)
	return fmt.Sprintf(`
hasura: {%[1]s}
graphql: {%[1]s, init: {command: ["true"]}}
apollo: {%[1]s}
towel: {%[1]s}
ui: {%[1]s}
agent: {%[1]s}
postgresql: {primary: {%[1]s}}
watch: {schedule: "0 0 1 1 *"}
`, command)
}

// idle is a program that does nothing, for pods of which only that matters.
func idle(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "idle")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec sleep 86400\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return program
}
