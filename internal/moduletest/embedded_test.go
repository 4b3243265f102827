package moduletest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
)

// embeddedValues have the containers of the module's chart run the embedded
// Server at a port, and the embedded agent in place of the program prefect: what
// the chart does before it starts the agent is done for real.
func (w *workspace) embeddedValues(stack *devstack.Stack, port int) string {
	w.t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		w.t.Fatalf("the chart's agent needs Python: %v", err)
	}
	program := filepath.Join(bin(w.t), "devstack")
	w.write("containers/python", fmt.Sprintf("#!/bin/sh\nexec %q \"$@\"\n", python))
	w.write("containers/prefect", fmt.Sprintf("#!/bin/sh\n[ \"$1 $2 $3\" = 'agent kubernetes start' ] && exec %q in-pod agent\n", program))
	programs := filepath.Join(w.dir, "containers")
	for _, name := range []string{"python", "prefect"} {
		if err := os.Chmod(filepath.Join(programs, name), 0o700); err != nil { //nolint:gosec // a program
			w.t.Fatal(err)
		}
	}
	return fmt.Sprintf(`
hasura: {command: [%[1]q, in-pod, hasura]}
graphql: {command: [sleep, "86400"], init: {command: [%[1]q, in-pod, migrations]}}
apollo: {command: [%[1]q, in-pod, server, "127.0.0.1:%[2]d"], containerPort: %[2]d}
towel: {command: [sleep, "86400"]}
ui: {command: [sleep, "86400"]}
postgresql: {primary: {command: [sleep, "86400"]}}
agent:
  env:
    - {name: PATH, value: %[3]q}
    - {name: KUBECONFIG, value: %[4]q}
    # Names of services, and ports of a pod's own, mean nothing to a process of the virtual node, nor does it see what is mounted.
    - {name: PREFECT__CLOUD__API, value: "http://127.0.0.1:%[2]d"}
    - {name: PREFECT__CLOUD__AGENT__AGENT_ADDRESS, value: "http://127.0.0.1:0"}
    - {name: JOB_TEMPLATE, valueFrom: {configMapKeyRef: {name: prefect-job-template, key: job-template.yaml}}}
`, program, port, programs+string(os.PathListSeparator)+os.Getenv("PATH"), stack.Kubeconfig)
}

// agentPod is the pod of the release's agent.
func agentPod(ctx context.Context, client clientset.Interface, namespace string) (*corev1.Pod, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=agent"})
	if err != nil {
		return nil, err
	}
	if len(pods.Items) != 1 {
		return nil, fmt.Errorf("there are %d pods of agents, want one", len(pods.Items))
	}
	return &pods.Items[0], nil
}

// awaitWaiting waits until the agent says that it waits for a tenant. An agent
// that does not would end, and be started again, until there is one.
func awaitWaiting(t *testing.T, client clientset.Interface, namespace string) {
	t.Helper()
	var log string
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		pod, err := agentPod(ctx, client, namespace)
		if err != nil {
			return false, err
		}
		if err := checkNotRestarted(pod); err != nil {
			return false, err
		}
		output, err := client.CoreV1().Pods(namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(ctx)
		log = string(output)
		return err == nil && strings.Contains(log, "has no tenant yet"), nil // no log yet
	})
	if err != nil {
		t.Fatalf("the agent does not wait for a tenant: %v\n%s", err, log)
	}
}

// awaitAgent waits until the agent has made itself known to the Server, and fails
// the test if it had to be started more than once for that.
func awaitAgent(t *testing.T, client clientset.Interface, namespace string, port int) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://127.0.0.1:%d/graphql", port), bytes.NewBufferString(`{"query": "{ agent { name } }"}`))
		if err != nil {
			return false, err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, err
		}
		defer func() { _ = response.Body.Close() }()
		var answer struct {
			Data struct{ Agent []struct{ Name string } }
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return false, err
		}
		return len(answer.Data.Agent) == 1 && answer.Data.Agent[0].Name == "prefect-agent", nil
	})
	if err != nil {
		t.Fatalf("the agent has not registered: %v", err)
	}
	pod, err := agentPod(t.Context(), client, namespace)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkNotRestarted(pod); err != nil {
		t.Error(err)
	}
}

func checkNotRestarted(pod *corev1.Pod) error {
	for i := range pod.Status.ContainerStatuses {
		if status := pod.Status.ContainerStatuses[i]; status.RestartCount > 0 || status.State.Terminated != nil {
			return fmt.Errorf("the agent has ended: %+v", status)
		}
	}
	return nil
}
