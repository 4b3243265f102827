//go:build unix

package node_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/node"
)

// shared is the control plane with one node that all tests use.
type shared struct {
	once   sync.Once
	plane  *controlplane.ControlPlane
	client kubernetes.Interface
	stop   func()
	err    error
}

var cluster shared

func TestMain(m *testing.M) {
	code := m.Run()
	if cluster.stop != nil {
		cluster.stop()
	}
	os.Exit(code)
}

func (s *shared) start() {
	if s.plane, s.err = controlplane.Start(context.Background(), controlplane.Options{}); s.err != nil {
		return
	}
	s.client = kubernetes.NewForConfigOrDie(s.plane.RESTConfig())
	tls, err := s.plane.NodeTLS("test-node")
	if err != nil {
		s.err = err
		return
	}
	n, err := node.New(node.Options{
		REST: s.plane.RESTConfig(), Name: "test-node", TLS: tls, BackOff: 500 * time.Millisecond, Retry: 100 * time.Millisecond,
		FlowRunCommand: []string{"/bin/sh", "-c", `echo "flow run $PREFECT__CONTEXT__FLOW_RUN_ID"`}, IgnorePrefect: true,
	})
	if err != nil {
		s.err = err
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	s.stop = func() {
		cancel()
		if err := <-done; err != nil {
			s.err = err
		}
		_ = s.plane.Stop()
	}
	select {
	case <-n.Ready():
	case s.err = <-done:
		s.stop = func() { _ = s.plane.Stop() }
	}
}

// namespace returns a client and a namespace of the test's own.
func namespace(t *testing.T) (kubernetes.Interface, string) {
	t.Helper()
	if err := controlplane.CheckBinaries(controlplane.DefaultBinDir()); err != nil {
		t.Skipf("%v", err)
	}
	cluster.once.Do(cluster.start)
	if cluster.err != nil {
		t.Fatal(cluster.err)
	}
	created, err := cluster.client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "node-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.client.CoreV1().Namespaces().Delete(context.Background(), created.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the namespace's service account", func() bool {
		_, err := cluster.client.CoreV1().ServiceAccounts(created.Name).Get(t.Context(), "default", metav1.GetOptions{})
		return err == nil
	})
	return cluster.client, created.Name
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(45 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(30 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("did not come: %s", what)
		case <-ticker.C:
		}
	}
}

// shell is a pod with one container that runs a script.
func shell(script string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-"},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			NodeSelector:  map[string]string{corev1.LabelOSStable: "linux"},
			Containers: []corev1.Container{{
				Name: "main", Image: "example.com/tools/shell:1.0", Command: []string{"sh", "-c"}, Args: []string{script},
			}},
		},
	}
	for _, f := range change {
		f(pod)
	}
	return pod
}

func create(t *testing.T, client kubernetes.Interface, namespace string, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	created, err := client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// until waits for a state of the pod.
func until(t *testing.T, client kubernetes.Interface, pod *corev1.Pod, what string, holds func(*corev1.Pod) bool) *corev1.Pod {
	t.Helper()
	var last *corev1.Pod
	t.Cleanup(func() {
		if t.Failed() && last != nil {
			t.Logf("pod %s: %+v", last.Name, last.Status)
		}
	})
	eventually(t, what, func() bool {
		found, err := client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		if err != nil {
			return false
		}
		last = found
		return holds(found)
	})
	return last
}

func phase(wanted corev1.PodPhase) func(*corev1.Pod) bool {
	return func(pod *corev1.Pod) bool { return pod.Status.Phase == wanted }
}

// waiting reports whether the first container waits with a reason.
func waiting(reason string) func(*corev1.Pod) bool {
	return func(pod *corev1.Pod) bool {
		statuses := pod.Status.ContainerStatuses
		return len(statuses) > 0 && statuses[0].State.Waiting != nil && statuses[0].State.Waiting.Reason == reason
	}
}

func terminated(pod *corev1.Pod) corev1.ContainerStateTerminated {
	if len(pod.Status.ContainerStatuses) == 0 || pod.Status.ContainerStatuses[0].State.Terminated == nil {
		return corev1.ContainerStateTerminated{}
	}
	return *pod.Status.ContainerStatuses[0].State.Terminated
}

func logs(t *testing.T, client kubernetes.Interface, pod *corev1.Pod, options corev1.PodLogOptions) string {
	t.Helper()
	content, err := client.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &options).DoRaw(t.Context())
	if err != nil {
		t.Errorf("logs: %v", err)
	}
	return string(content)
}

// untilEvent waits for an event of the pod whose text contains something.
func untilEvent(t *testing.T, client kubernetes.Interface, pod *corev1.Pod, reason, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("event %s: %s", reason, text), func() bool {
		list, err := client.CoreV1().Events(pod.Namespace).List(t.Context(), metav1.ListOptions{
			FieldSelector: fields.Set{"involvedObject.uid": string(pod.UID), "reason": reason}.String(),
		})
		if err != nil {
			return false
		}
		for i := range list.Items {
			if strings.Contains(list.Items[i].Message, text) {
				return true
			}
		}
		return false
	})
}

func untilGone(t *testing.T, client kubernetes.Interface, pod *corev1.Pod) {
	t.Helper()
	eventually(t, "the end of the pod", func() bool {
		_, err := client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}
