package kubernetes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
)

// shippedRoles are the rules of the example's Roles, one right each.
func shippedRoles(t *testing.T) []rbacv1.PolicyRule {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", "kubernetes-access", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []rbacv1.PolicyRule
	kinds := map[string]int{}
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(data)))
	defer func() { _ = documents.Close() }()
	buffer := make([]byte, len(data))
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var role rbacv1.Role
		if err := yaml.UnmarshalStrict(buffer[:n], &struct {
			*rbacv1.Role
			Subjects any `json:"subjects"`
			RoleRef  any `json:"roleRef"`
		}{Role: &role}); err != nil {
			t.Fatal(err)
		}
		kinds[role.Kind]++
		for _, r := range role.Rules {
			for _, resource := range r.Resources {
				for _, verb := range r.Verbs {
					one := rule(r.APIGroups[0], resource, verb)
					if !slices.ContainsFunc(rules, func(o rbacv1.PolicyRule) bool { return right(o) == right(one) }) {
						rules = append(rules, one)
					}
				}
			}
		}
	}
	if want := map[string]int{"ServiceAccount": 1, "Role": 2, "RoleBinding": 2}; !maps.Equal(kinds, want) {
		t.Errorf("the example has %v", kinds)
	}
	return rules
}

// right names a rule as the tables of the guide do.
func right(r rbacv1.PolicyRule) string { return r.Verbs[0] + " " + r.Resources[0] }

// TestClusterRole works with exactly the rights of the example, and with each of them missing: then everything else goes
// on, and the right is named.
func TestClusterRole(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	exposed := acctest.Expose(t, cluster, echo(t))
	exposed.Start()
	all := shippedRoles(t)
	missing := make([]string, 1, 1+len(all)) // the first lacks nothing
	for _, r := range all {
		missing = append(missing, right(r))
	}
	for _, without := range missing {
		t.Run("without "+without, func(t *testing.T) {
			t.Parallel()
			rules := slices.DeleteFunc(slices.Clone(all), func(r rbacv1.PolicyRule) bool { return right(r) == without })
			got := exercise(t, cluster, clientWith(t, cluster, rules), exposed.Name)
			var want []string
			switch without {
			case "", "get pods/portforward": // the latter is only a better way
			case "list pods":
				want = []string{"list pods", "port-forward: list pods"}
			case "create pods/portforward":
				if len(got) > 0 { // before 1.35 the other verb is enough
					want = []string{"port-forward: " + without}
				}
			case "get services":
				want = []string{"port-forward: " + without}
			default:
				want = []string{without}
			}
			if !slices.Equal(got, want) {
				t.Errorf("complains about %q, want %q", got, want)
			}
		})
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "kubernetes-access.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if row := fmt.Sprintf("| `%s` | `%s` |", r.Resources[0], r.Verbs[0]); !strings.Contains(string(guide), row) {
			t.Errorf("the guide has no row %s", row)
		}
	}
}

// exercise does everything that the provider does in a cluster, and lists the rights that were missing.
func exercise(t *testing.T, cluster *acctest.KubernetesCluster, client *kubeclient.Client, service string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	missing := map[string]bool{}
	note := func(prefix string, err error) {
		t.Helper()
		found := accessErrors(err)
		if err != nil && len(found) == 0 {
			t.Errorf("not a missing right: %v", err)
		}
		for _, access := range found {
			if !errors.Is(access, kubeclient.ErrForbidden) || !strings.Contains(access.Error(), access.Resource) {
				t.Errorf("not a missing right: %v", access)
			}
			missing[prefix+access.Verb+" "+access.Resource] = true
		}
	}
	run := uuid.NewString()
	job := generate(t, run, unschedulable(map[string]any{"name": "flow"}))
	note("", runjobs.DryRun(ctx, client, "", job))
	created, err := runjobs.Create(ctx, cluster.Client, "", job) // by the agent
	if err != nil {
		t.Fatal(err)
	}
	watch, err := runjobs.Watch(ctx, client, "", run)
	if err != nil {
		note("", err)
	} else {
		defer watch.Close()
		complete(ctx, t, watch)
		note("", watch.Err())
	}
	_, err = runjobs.List(ctx, client, "", run)
	note("", err)
	_, err = runjobs.Get(ctx, client, "", created.Name)
	note("", err)
	_, err = runjobs.WithUnfinishedJobs(ctx, client, nil)
	note("", err)
	_, err = runjobs.ContainerLog(ctx, client, "", service+"-1", "relay", 5, false)
	note("", err)
	note("", runjobs.Delete(ctx, client, "", run))
	if _, err := ask(ctx, tunnelled(t, client, tunnel.Target{Service: service}), "x"); err != nil {
		note("port-forward: ", err)
	}
	foreground := metav1.DeletePropagationForeground
	_ = cluster.Set.BatchV1().Jobs(cluster.Namespace).Delete(ctx, created.Name, metav1.DeleteOptions{PropagationPolicy: &foreground})
	return slices.Sorted(maps.Keys(missing))
}

// complete waits until a watch has seen all that there is, or has been refused it.
func complete(ctx context.Context, t *testing.T, watch *runjobs.Watcher) {
	t.Helper()
	awaitJobs(ctx, t, watch, "the Job with everything about it", func(jobs []runjobs.Job) bool {
		if watch.Err() != nil {
			return true
		}
		return len(jobs) == 1 && len(jobs[0].Pods) == 1 && len(jobs[0].Events) > 0 && len(jobs[0].Pods[0].Events) > 0
	})
}

// accessErrors finds the refusals in a tree of errors.
func accessErrors(err error) []*kubeclient.AccessError {
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case nil:
		return nil
	case *kubeclient.AccessError:
		return []*kubeclient.AccessError{e}
	case interface{ Unwrap() []error }:
		var out []*kubeclient.AccessError
		for _, inner := range e.Unwrap() {
			out = append(out, accessErrors(inner)...)
		}
		return out
	default:
		return accessErrors(errors.Unwrap(err))
	}
}
