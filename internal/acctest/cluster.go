package acctest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// KubernetesCluster is the cluster of a test and the namespace that the test has
// to itself.
type KubernetesCluster struct {
	// Kubeconfig is the path of a file.
	Kubeconfig string
	// Namespace is the test's namespace.
	Namespace string
	// Others are further namespaces in which the provider looks for Jobs.
	Others []string
	// Client works in the namespace.
	Client *kubeclient.Client
	// Set is all of the cluster's API.
	Set clientset.Interface
}

// Cluster returns the cluster named by PREFECT_ACC_KUBECONFIG with a fresh
// namespace, which is deleted after the test. Without one the test is skipped.
func Cluster(t testing.TB) *KubernetesCluster {
	t.Helper()
	acceptance(t)
	path := os.Getenv("PREFECT_ACC_KUBECONFIG")
	if path == "" {
		need(t, "needs a Kubernetes cluster: run `make test`, which starts one, or set PREFECT_ACC_KUBECONFIG to a kubeconfig")
	}
	namespace := Name("prefect-acc")
	client, err := kubeclient.NewClient(kubeclient.Config{ConfigPath: path, Namespace: namespace})
	if err != nil {
		t.Fatalf("make a client of the cluster in PREFECT_ACC_KUBECONFIG: %v", err)
	}
	set, err := clientset.NewForConfig(client.RESTConfig())
	if err != nil {
		t.Fatalf("make a client of the cluster in PREFECT_ACC_KUBECONFIG: %v", err)
	}
	createNamespace(t, set, namespace)
	return &KubernetesCluster{Kubeconfig: path, Namespace: namespace, Client: client, Set: set}
}

// Another returns the same cluster with another fresh namespace.
func (c *KubernetesCluster) Another(t testing.TB) *KubernetesCluster {
	t.Helper()
	namespace := Name("prefect-acc")
	client, err := kubeclient.NewClient(kubeclient.Config{ConfigPath: c.Kubeconfig, Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	createNamespace(t, c.Set, namespace)
	return &KubernetesCluster{Kubeconfig: c.Kubeconfig, Namespace: namespace, Client: client, Set: c.Set}
}

// RealNodes reports whether pods run in real containers, on any node but the virtual
// one.
func (c *KubernetesCluster) RealNodes(t testing.TB) bool {
	t.Helper()
	nodes, err := c.Set.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range nodes.Items {
		if !strings.HasPrefix(nodes.Items[i].Status.NodeInfo.ContainerRuntimeVersion, "devstack://") {
			return true
		}
	}
	return false
}

// createNamespace makes a namespace that pods can be created in, and deletes it
// after the test.
func createNamespace(t testing.TB, cluster clientset.Interface, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app.kubernetes.io/managed-by": "prefect-acceptance-test"}}}
	if _, err := cluster.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		t.Fatalf("create the test's namespace: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := cluster.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Errorf("delete the test's namespace: %v", err)
		}
	})
	if err := awaitServiceAccount(ctx, cluster, name); err != nil {
		t.Fatalf("wait for the service account of the test's namespace: %v", err)
	}
}

// awaitServiceAccount waits for the namespace's default service account, which
// a controller makes and without which the API server admits no pod.
func awaitServiceAccount(ctx context.Context, cluster clientset.Interface, namespace string) error {
	accounts := cluster.CoreV1().ServiceAccounts(namespace)
	events, err := accounts.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", "default").String()})
	if err != nil {
		return err
	}
	defer events.Stop()
	for {
		select {
		case event, open := <-events.ResultChan():
			switch {
			case !open:
				return awaitServiceAccount(ctx, cluster, namespace)
			case event.Type == watch.Added || event.Type == watch.Modified:
				return nil
			case event.Type == watch.Error:
				return apierrors.FromObject(event.Object)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
