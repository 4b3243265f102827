package devstack_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/executor"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// The virtual node runs this very program as the flow-run command.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "flow-run" {
		options, err := executor.FromEnvironment(os.Getenv, os.Getenv("HOME"), os.Stdout)
		if err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		options.Exit = os.Exit
		os.Exit(executor.Run(context.Background(), options))
	}
	os.Exit(m.Run())
}

func start(t *testing.T, options devstack.Options) *devstack.Stack {
	t.Helper()
	if err := controlplane.CheckBinaries(controlplane.DefaultBinDir()); err != nil {
		t.Skipf("%v", err)
	}
	options.Progress = func(line string) { t.Log(line) }
	options.IgnorePrefect = true
	stack, err := devstack.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Stop(); err != nil {
			t.Error(err)
		}
	})
	return stack
}

// register registers the example flow with an environment for its runs.
func register(t *testing.T, client *prefect.Client, environment map[string]any) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "examples", "flows", "my_example_flow.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Flows []map[string]any }
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	flow := document.Flows[0]
	config, ok := flow["run_config"].(map[string]any)
	if !ok {
		t.Fatalf("run config: %v", flow["run_config"])
	}
	config["env"], config["labels"] = environment, []any{"devstack-test"}
	project, err := client.CreateProject(t.Context(), t.Name(), nil)
	if err != nil {
		t.Fatal(err)
	}
	id, err := client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: flow})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("did not come: %s", what)
		case <-ticker.C:
		}
	}
}

func TestFlowRunBecomesAJobAndSucceeds(t *testing.T) {
	t.Parallel()
	stack := start(t, devstack.Options{Labels: []string{"devstack-test"}, KeepFinishedJobs: true, Namespace: "flows"})
	client, err := prefect.New(prefect.Config{Endpoint: stack.API, Tenant: stack.TenantID})
	if err != nil {
		t.Fatal(err)
	}
	flow := register(t, client, nil)
	begin := time.Now()
	run, err := client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: flow})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "success", func() bool {
		found, err := client.GetFlowRun(t.Context(), run)
		if err == nil && found.State == "Failed" {
			t.Fatalf("state: %+v", found)
		}
		return err == nil && found.State == "Success"
	})
	t.Logf("the run took %s", time.Since(begin).Round(time.Millisecond))
	states, err := client.FlowRunStates(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(states))
	for _, s := range states {
		names = append(names, s.State)
	}
	if want := []string{"Scheduled", "Submitted", "Running", "Success"}; !slices.Equal(names, want) {
		t.Errorf("states: %v", names)
	}
	cluster := clientset.NewForConfigOrDie(stack.REST)
	eventually(t, "complete Job", func() bool {
		jobs, err := cluster.BatchV1().Jobs("flows").List(t.Context(), metav1.ListOptions{LabelSelector: "prefect.io/flow_run_id=" + run})
		return err == nil && len(jobs.Items) == 1 && complete(&jobs.Items[0])
	})
	pods, err := cluster.CoreV1().Pods("flows").List(t.Context(), metav1.ListOptions{LabelSelector: "prefect.io/flow_run_id=" + run})
	if err != nil || len(pods.Items) != 1 || pods.Items[0].Spec.NodeName != stack.Node {
		t.Errorf("pods: %v, %v", pods, err)
	}
	logs, _, err := client.FlowRunLogs(t.Context(), run, prefect.LogCursor{})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, line := range logs {
		text.WriteString(line.Message + "\n")
	}
	for _, want := range []string{"Submitted for execution: Job ", "Beginning Flow run for ", "without the bodies of its tasks", "all reference tasks succeeded"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, text.String())
		}
	}
}

func complete(job *batchv1.Job) bool {
	for _, c := range job.Status.Conditions {
		if c.Type == batchv1.JobComplete {
			return c.Status == "True"
		}
	}
	return false
}

func TestExistingClusterIsUsedAndLeftClean(t *testing.T) {
	t.Parallel()
	owner := start(t, devstack.Options{ClusterOnly: true, Node: devstack.NodeNever})
	stack := start(t, devstack.Options{Kubeconfig: owner.Kubeconfig, Labels: []string{"devstack-test"}})
	if stack.Node == "" {
		t.Error("a cluster without nodes was not given the virtual one")
	}
	cluster := clientset.NewForConfigOrDie(owner.REST)
	nodes, err := cluster.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		t.Errorf("nodes: %v, %v", nodes, err)
	}
	beside := start(t, devstack.Options{Kubeconfig: owner.Kubeconfig, Labels: []string{"devstack-test-beside"}})
	if beside.Node != "" {
		t.Error("a cluster was given a second virtual node of the same name")
	}
	for range 2 { // the second does nothing
		if err := stack.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	nodes, err = cluster.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 0 {
		t.Errorf("nodes left behind: %v, %v", nodes, err)
	}
}

func TestInterruptedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	if err := controlplane.CheckBinaries(controlplane.DefaultBinDir()); err != nil {
		t.Skipf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	data := t.TempDir()
	_, err := devstack.Start(ctx, devstack.Options{DataDir: data, Progress: func(line string) {
		if strings.HasPrefix(line, "starting the Kubernetes") {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("an interrupted start succeeded")
	}
}

func TestRealNodeNeedsAControlPlaneOfItsOwn(t *testing.T) {
	t.Parallel()
	_, err := devstack.Start(t.Context(), devstack.Options{Node: devstack.NodeReal, Kubeconfig: "kubeconfig"})
	if err == nil || !strings.Contains(err.Error(), "leave out the kubeconfig") {
		t.Errorf("got %v", err)
	}
}
