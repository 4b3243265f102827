package flowrun_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// exampleLabel is the label of the example flows' runs.
const exampleLabel = "k8s"

// realBench is a Server that pods of a real node reach, and an agent for the
// example flows. On another node the test is skipped.
func realBench(t *testing.T) (*acctest.PrefectServer, *acctest.KubernetesCluster) {
	t.Helper()
	cluster := acctest.Cluster(t)
	if !cluster.RealNodes(t) {
		t.Skip("needs a real node, with an image that has Prefect 1.4.1: run `make e2e-node`")
	}
	server := acctest.Embedded(t, prefectserver.Options{Logger: acctest.Logger()})
	acctest.AgentWith(t, server, cluster, func(o *agent.Options) { o.Labels = []string{exampleLabel} })
	return server, cluster
}

// example is a build document of the examples, of which some text may be
// replaced by another.
func example(t *testing.T, name string, replace ...string) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("..", "..", "examples", "flows", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	replaced := strings.NewReplacer(replace...).Replace(string(document))
	if len(replace) > 0 && replaced == string(document) {
		t.Fatalf("%s.json has nothing of %q", name, replace)
	}
	return replaced
}

// exampleConfig registers a flow and runs it.
func exampleConfig(server *acctest.PrefectServer, cluster *acctest.KubernetesCluster, document string, lines ...string) string {
	return acctest.ProviderConfig(server, cluster) + fmt.Sprintf(`
resource "prefect_project" "test" {
  name          = "examples"
  force_destroy = true
}

resource "prefect_flow" "test" {
  project_id = prefect_project.test.id
  flow_json  = %q
}

resource "prefect_flow_run" "test" {
  flow_id = prefect_flow.test.flow_id
  %s
}
`, document, strings.Join(lines, "\n  "))
}

// TestAccFlowRun_realNodeSuccess runs the example flows with Prefect itself, in
// real containers. They run before and not beside the other tests: on a busy
// machine Python needs longer to end than the provider waits for its exit code.
func TestAccFlowRun_realNodeSuccess(t *testing.T) {
	for _, tt := range []struct {
		flow, container string
		// logged is in the run's log, printed in the container's.
		logged, printed []string
	}{
		{
			flow: "my_example_flow", container: "mylinuxcontainer",
			logged:  []string{"Beginning Flow run for 'my-example-flow'", "Hello from Kubernetes!", "Flow run SUCCESS: all reference tasks succeeded"},
			printed: []string{"Hello from Kubernetes!"},
		},
		{
			flow: "etl", container: "flow",
			logged:  []string{"Task 'extract': Finished task run for task with final state: 'Success'", "Task 'load': Finished task run", "Flow run SUCCESS: all reference tasks succeeded"},
			printed: []string{"Here is your data: [10, 20, 30]"},
		},
	} {
		t.Run(tt.flow, func(t *testing.T) {
			server, cluster := realBench(t)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{{
					Config: exampleConfig(server, cluster, example(t, tt.flow)), ConfigPlanChecks: emptyPlan(),
					ConfigStateChecks: []statecheck.StateCheck{
						value("state", knownvalue.StringExact("Success")),
						value("job", knownvalue.ObjectPartial(map[string]knownvalue.Check{
							"node": knownvalue.NotNull(),
							"pods": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectPartial(map[string]knownvalue.Check{
								"phase": knownvalue.StringExact("Succeeded"),
								"containers": knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectPartial(map[string]knownvalue.Check{
									"name": knownvalue.StringExact(tt.container), "image": knownvalue.StringExact("prefecthq/prefect:1.4.1"),
									"reason": knownvalue.StringExact("Completed"), "exit_code": knownvalue.Int64Exact(0),
								})}),
							})}),
						})),
					},
					Check: func(*terraform.State) error {
						says(t, "the run's log", runLog(t, server), tt.logged)
						says(t, "the container's log", containerLog(t, cluster, tt.container), tt.printed)
						return nil
					},
				}},
			})
		})
	}
}

func says(t *testing.T, what, text string, parts []string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

// runLog is the log of the Server's only run.
func runLog(t *testing.T, server *acctest.PrefectServer) string {
	t.Helper()
	runs, err := server.Client.ListFlowRuns(t.Context(), prefect.FlowRunFilter{})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	lines, _, err := server.Client.FlowRunLogs(t.Context(), runs[0].ID, prefect.LogCursor{})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintln(&text, line.Message)
	}
	return text.String()
}

// containerLog is the log of a container of the namespace's only pod, read as
// kubectl logs does, by way of the API server and the kubelet.
func containerLog(t *testing.T, cluster *acctest.KubernetesCluster, container string) string {
	t.Helper()
	pods := cluster.Set.CoreV1().Pods(cluster.Namespace)
	list, err := pods.List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%d pods: %v", len(list.Items), err)
	}
	text, err := pods.GetLogs(list.Items[0].Name, &corev1.PodLogOptions{Container: container}).DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAccFlowRun_realNodeFailure has Prefect itself fail, as it does for users;
// TestAccFlowRun_causes has the failures that do not take Prefect.
func TestAccFlowRun_realNodeFailure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		replace []string
		lines   []string
		says    []string
	}{
		"no such script": {
			replace: []string{"/opt/prefect/flows/etl.py", "/opt/prefect/flows/forgotten.py"},
			says:    []string{"ended in the state Failed", "Failed to load and execute flow run", "flows/forgotten'"},
		},
		"too little memory for Prefect": {
			lines: []string{`run_config = { kubernetes = { memory_limit = "24Mi", labels = ["` + exampleLabel + `"] } }`},
			says:  []string{"used more memory than its limit (OOMKilled, exit code 137)", "Raise memory_limit"},
		},
		"full scratch volume": {
			lines: []string{`run_config = { kubernetes = { labels = ["` + exampleLabel + `"], job_template = jsonencode({
				apiVersion = "batch/v1", kind = "Job", spec = { backoffLimit = 0, template = { spec = {
					restartPolicy = "Never", volumes = [{ name = "scratch", emptyDir = { sizeLimit = "1Mi" } }]
					containers = [{
						name = "flow", volumeMounts = [{ name = "scratch", mountPath = "/scratch" }]
						command = ["/bin/sh", "-c", "head -c 8000000 /dev/zero > /scratch/data; sleep 600"]
					}]
				} } }
			}) } }`},
			says: []string{"was evicted from node", "Usage of EmptyDir volume \"scratch\" exceeds the limit \"1Mi\""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, cluster := realBench(t)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{{
					Config: exampleConfig(server, cluster, example(t, "etl", tt.replace...), tt.lines...), ExpectError: acctest.Says(tt.says...),
				}},
			})
		})
	}
}
