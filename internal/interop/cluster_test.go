package interop

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// podLogs are the logs of the flow containers of all pods of the test's namespace.
func podLogs(t *testing.T, cluster *acctest.KubernetesCluster) string {
	t.Helper()
	pods := cluster.Set.CoreV1().Pods(cluster.Namespace)
	list, err := pods.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for i := range list.Items {
		data, err := pods.GetLogs(list.Items[i].Name, &corev1.PodLogOptions{Container: list.Items[i].Spec.Containers[0].Name}).DoRaw(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}
