package provider_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// shippedRights are the rules of the Roles in examples/kubernetes-access.
func shippedRights(t *testing.T) []rbacv1.PolicyRule {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", "kubernetes-access", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []rbacv1.PolicyRule
	documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), len(data))
	for {
		var role rbacv1.Role
		err := documents.Decode(&role)
		if errors.Is(err, io.EOF) {
			return rules
		}
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, role.Rules...)
	}
}

// lacking takes a right out of rules.
func lacking(rules []rbacv1.PolicyRule, verb, resource string) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, r := range rules {
		for _, name := range r.Resources {
			verbs := slices.Clone(r.Verbs)
			if name == resource {
				verbs = slices.DeleteFunc(verbs, func(v string) bool { return v == verb })
			}
			if len(verbs) > 0 {
				out = append(out, rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: []string{name}, Verbs: verbs})
			}
		}
	}
	return out
}

// registered registers a flow without tasks for a Kubernetes agent.
func registered(t *testing.T, server *acctest.PrefectServer) string {
	t.Helper()
	project, err := server.Client.CreateProject(t.Context(), "rights", nil)
	if err != nil {
		t.Fatal(err)
	}
	run, err := serialization.KubernetesRun{Labels: []string{"k8s"}}.Serialize("1.4.1")
	if err != nil {
		t.Fatal(err)
	}
	id, err := server.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": "etl", "parameters": []any{}, "tasks": []any{}, "edges": []any{},
		"reference_tasks": []any{}, "schedule": nil, "run_config": run, "storage": map[string]any{
			"__version__": "1.4.1", "type": "Module", "module": "flows", "flows": map[string]any{"etl": "flows"}, "secrets": []any{},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestAccProvider_leastPrivilege runs a flow with exactly the rights of the
// shipped Role, through a port-forward, and with each right missing: the run goes
// on, and a warning names the right. Only the removal of Jobs cannot do without.
func TestAccProvider_leastPrivilege(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	server := acctest.Server(t)
	exposed := acctest.Expose(t, cluster, server.API)
	exposed.Start()
	flow := registered(t, server)
	acctest.Agent(t, server, cluster, "k8s")
	all := shippedRights(t)
	for _, tt := range []struct {
		verb, resource string
		warns, fails   []string // of the creation, and of the removal
		exposed        bool
	}{
		{},
		{exposed: true},
		{verb: "create", resource: "jobs", warns: []string{"could not be checked", `"create"`, `"jobs"`}},
		{verb: "list", resource: "jobs", warns: []string{"could not be observed", `"list"`, `"jobs"`}, fails: []string{`"list"`, `"jobs"`}},
		{verb: "watch", resource: "jobs", warns: []string{"could not be observed", `"watch"`, `"jobs"`}},
		{verb: "watch", resource: "pods", warns: []string{"could not be observed", `"watch"`, `"pods"`}},
		{verb: "watch", resource: "events", warns: []string{"could not be observed", `"watch"`, `"events"`}},
		{verb: "delete", resource: "jobs", fails: []string{"Could not delete the Job", `"delete"`, `"jobs"`, "record was kept"}},
		{verb: "get", resource: "pods/log"},
	} {
		name := strings.TrimSpace("without " + tt.verb + " " + tt.resource)
		if tt.exposed {
			name = "through the port-forward"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := cluster.Client.RESTConfig()
			config := acctest.Object{
				"tenant": server.TenantID,
				"kubernetes": acctest.Object{
					"host": admin.Host, "cluster_ca_certificate": string(admin.CAData), "namespace": cluster.Namespace,
					"token": acctest.ServiceAccountToken(t, cluster, lacking(all, tt.verb, tt.resource)),
				},
			}
			if tt.exposed {
				config["port_forward"] = acctest.Object{"service": exposed.Name}
			} else {
				config["endpoint"] = server.API
			}
			run, warnings, failures := acctest.Converse(t, config).Create("prefect_flow_run", acctest.Object{
				// Of a run with the same inputs another would carry on.
				"flow_id": flow, "name": acctest.Name("run"), "on_destroy": "delete",
			})
			if failures != "" {
				t.Fatal(failures)
			}
			says(t, "creation", warnings, tt.warns)
			_, failures = run.Destroy(acctest.Converse(t, config))
			says(t, "removal", failures, tt.fails)
		})
	}
}

// says checks that a text has all parts, and that it is empty if there are none.
func says(t *testing.T, what, text string, parts []string) {
	t.Helper()
	if len(parts) == 0 && text != "" {
		t.Errorf("%s: %s", what, text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q: %s", what, part, text)
		}
	}
}
