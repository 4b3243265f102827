package moduletest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/azure"
)

// TestEndToEnd applies examples/azure-complete once, from nothing to a finished
// flow run: simulated Azure, a real Kubernetes API server, real providers, and the
// module's chart, whose containers run the embedded Server and agent.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	stack := cluster(t)
	const group = "/subscriptions/" + azure.SubscriptionID + "/resourceGroups/prefect-example"
	var simulation *azure.Simulation
	// Azure acts on roles after minutes, which go by while a cluster is made.
	simulation = newAzure(t, gate(t, stack, func(principal string) bool {
		return simulation.Acts(principal, "Azure Kubernetes Service RBAC Cluster Admin", group+"/providers/Microsoft.ContainerService/managedClusters/prefect-example-aks")
	}), 1)
	keepVault(simulation)
	w := newWorkspace(t, simulation.Environment()...)
	dir := "examples/azure-complete"
	if !w.attributes() {
		w.withBlocks(filepath.Join(dir, "providers.tf"))
	}
	values := w.embeddedValues(stack, freePort(t))
	variables, err := json.Marshal(map[string]any{
		"api_server_ranges": []string{"198.51.100.7/32"}, "database_password": "Correct-Horse-1",
		"docker_hub": map[string]any{
			"username_secret_id": "https://example.vault.azure.net/secrets/user",
			"password_secret_id": "https://example.vault.azure.net/secrets/token",
			"key_vault":          map[string]any{"id": vault},
		},
		"build_context": "https://github.com/example/flows.git#main", "build_context_token": "token",
		"chart_values": []string{values},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join(dir, "test.auto.tfvars.json"), string(variables))
	w.run(dir, "init", "-input=false")
	t.Cleanup(func() { w.report(stack) })
	w.run(dir, "apply", "-auto-approve", "-input=false")
	checkRun(t, w.run(dir, "output", "-json"))
	checkCluster(t, stack)
	checkRoles(t, simulation, group)
	if kept := w.stateHolds(dir, "Correct-Horse-1"); kept == w.attributes() {
		t.Errorf("it is %t that the state holds the database's password", kept)
	}
	w.planIsEmpty(dir, "after the apply")
	w.checkMoved(dir)

	w.refuses(dir, "location (westeurope -> northeurope)", "-var=location=northeurope")

	// A change of the release, in place.
	want := map[string]string{"module.stack.module.prefect_server.helm_release.server": "update"}
	more, err := json.Marshal([]string{values, "ui: {replicas: 2}"})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.actions(dir, "-var=chart_values="+string(more)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the change would do %v, want %v", got, want)
	}
	w.run(dir, "apply", "-auto-approve", "-input=false", "plan.bin")

	w.run(dir, "destroy", "-auto-approve", "-input=false", "-var=chart_values="+string(more))
	checkGone(t, simulation)
}

// checkMoved gives the state the addresses from before the stack could use parts
// that exist, when nothing in it had a count, and checks that a plan only moves them.
func (w *workspace) checkMoved(dir string) {
	w.t.Helper()
	file := filepath.Join(w.dir, dir, "terraform.tfstate")
	now, err := os.ReadFile(file) //nolint:gosec // a file of the test
	if err != nil {
		w.t.Fatal(err)
	}
	former := regexp.MustCompile(`("module": "module\.stack\.module\.\w+)\[0\]"`).ReplaceAll(now, []byte(`$1"`))
	former = regexp.MustCompile(`("module": "module\.stack",(?:\n      .*){4,5}\n        \{)\n          "index_key": 0,`).ReplaceAll(former, []byte("$1"))
	w.write(filepath.Join(dir, "terraform.tfstate"), string(former))
	moved := w.actions(dir)
	for _, address := range []string{"azurerm_virtual_network.this[0]", "azurerm_role_assignment.pull[0]", "module.aks[0].azurerm_kubernetes_cluster.this",
		"module.acr[0].azurerm_container_registry.this", "module.postgresql[0].azurerm_postgresql_flexible_server.this"} {
		if moved["module.stack."+address] != "move" {
			w.t.Errorf("%s is not moved", address)
		}
	}
	for address, action := range moved {
		if action != "move" {
			w.t.Errorf("an upgrade of the stack would do %s to %s", action, address)
		}
	}
	w.write(filepath.Join(dir, "terraform.tfstate"), string(now))
}

// checkRoles checks that the nodes could pull images as soon as there were any,
// and the cluster give its load balancers their addresses.
func checkRoles(t *testing.T, simulation *azure.Simulation, group string) {
	t.Helper()
	cluster := simulation.Body(group + "/providers/Microsoft.ContainerService/managedClusters/prefect-example-aks")
	nodes, ok := dig(cluster, "properties", "identityProfile", "kubeletidentity", "objectId").(string)
	if !ok {
		t.Fatalf("the nodes have no identity: %v", dig(cluster, "properties", "identityProfile"))
	}
	own, ok := dig(simulation.Body(group+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prefect-example-cluster"), "properties", "principalId").(string)
	if !ok {
		t.Fatal("the cluster has no identity")
	}
	if !simulation.Acts(own, "Network Contributor", group+"/providers/Microsoft.Network/virtualNetworks/prefect-example-network/subnets/nodes") {
		t.Error("the first load balancers get no address: the cluster's role on its subnet came with the cluster, or after it")
	}
	for _, path := range simulation.Resources() {
		if strings.HasPrefix(path, strings.ToLower(group)+"/providers/microsoft.containerregistry/registries/") && strings.Count(path, "/") == 8 {
			if !simulation.Acts(nodes, "AcrPull", path) {
				t.Error("the first images are refused: the nodes' role on the registry came with the cluster, or after it")
			}
			return
		}
	}
	t.Error("there is no registry")
}

// checkRun checks what the example says of the run that it has waited for.
func checkRun(t *testing.T, output string) {
	t.Helper()
	var outputs struct {
		FlowRun struct {
			Value struct {
				State string `json:"state"`
				Job   struct {
					Namespace string `json:"namespace"`
					Image     string `json:"image"`
				} `json:"job"`
			} `json:"value"`
		} `json:"flow_run"`
	}
	if err := json.Unmarshal([]byte(output), &outputs); err != nil {
		t.Fatal(err)
	}
	run := outputs.FlowRun.Value
	if run.State != "Success" || run.Job.Namespace != "prefect-flows" {
		t.Errorf("the run is %+v, want a success in namespace prefect-flows", run)
	}
	if !regexp.MustCompile(`^prefectexampleacr[0-9a-f]{6}\.azurecr\.io/flows/example:1$`).MatchString(run.Job.Image) {
		t.Errorf("the run's image is %q, want the one built in the registry", run.Job.Image)
	}
}

// checkCluster checks that what the modules promise is really in the cluster.
func checkCluster(t *testing.T, stack *devstack.Stack) {
	t.Helper()
	client := kubernetesClient(t, stack)
	policies, err := client.NetworkingV1().NetworkPolicies("prefect").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range policies.Items {
		names = append(names, policies.Items[i].Name)
	}
	if got, want := strings.Join(names, " "), "prefect-api prefect-deny prefect-internal"; got != want {
		t.Errorf("the network policies are %q, want %q", got, want)
	}
	checkPassword(t, client, "prefect", "prefect-database", "Correct-Horse-1")
	checkJob(t, client)
	agent, err := client.AppsV1().Deployments("prefect").Get(t.Context(), "prefect-agent", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if image := agent.Spec.Template.Spec.Containers[0].Image; !strings.HasSuffix(image, ".azurecr.io/prefecthq/prefect:1.4.0") {
		t.Errorf("the agent's image is %q, want the registry's mirror", image)
	}
}

// checkJob checks that the run's Job is what the agent's settings say, without
// the agent's rights.
func checkJob(t *testing.T, client clientset.Interface) {
	t.Helper()
	jobs, err := client.BatchV1().Jobs("prefect-flows").List(t.Context(), metav1.ListOptions{LabelSelector: "prefect.io/flow_run_id"})
	if err != nil {
		t.Fatal(err)
	}
	if len(jobs.Items) != 1 {
		t.Fatalf("there are %d Jobs of runs, want one", len(jobs.Items))
	}
	pod := jobs.Items[0].Spec.Template.Spec
	resources := pod.Containers[0].Resources
	got := fmt.Sprint(resources.Requests.Cpu(), " ", resources.Requests.Memory(), " ", resources.Limits.Memory(), " ", pod.ServiceAccountName)
	if want := "250m 512Mi 1Gi prefect-flows"; got != want {
		t.Errorf("the run's Job has (requests, limit, account) %s, want %s", got, want)
	}
}

// checkPassword checks that a Secret holds the password under both keys.
func checkPassword(t *testing.T, client clientset.Interface, namespace, name, password string) {
	t.Helper()
	secret, err := client.CoreV1().Secrets(namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"postgres-password", "password"} {
		if got := string(secret.Data[key]); got != password {
			t.Errorf("the Secret %s has %q as %s, want %q", name, got, key, password)
		}
	}
}

// report tells, after a failure, how the pods are.
func (w *workspace) report(stack *devstack.Stack) {
	if !w.t.Failed() {
		return
	}
	client, err := clientset.NewForConfig(stack.REST)
	if err != nil {
		return
	}
	ctx := context.WithoutCancel(w.t.Context()) // that one has ended when tests clean up
	pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		w.t.Log(err)
		return
	}
	for i := range pods.Items {
		w.t.Logf("pod %s/%s: %s %+v", pods.Items[i].Namespace, pods.Items[i].Name, pods.Items[i].Status.Phase, pods.Items[i].Status.ContainerStatuses)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return number
}
