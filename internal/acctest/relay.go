package acctest

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/relay"
)

// Variables that turn a test binary into a relay.
const (
	relayListen = "PREFECT_ACC_RELAY_LISTEN"
	relayTo     = "PREFECT_ACC_RELAY_TO"
)

// Relay makes this process a relay if it was started as the container of
// RelayPod, and then does not return. It is the first thing in a TestMain.
func Relay() {
	address, to := os.Getenv(relayListen), os.Getenv(relayTo)
	if address == "" || to == "" {
		return
	}
	listener, err := net.Listen("tcp", address) //nolint:noctx // ends with the process
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	report := func(err error) { fmt.Fprintln(os.Stderr, err) }
	report(relay.Serve(listener, to, report))
	os.Exit(1)
}

// Exposed is a Service of the test's namespace, and the pods behind it that
// relay to an address of this machine.
type Exposed struct {
	t       *testing.T
	cluster *KubernetesCluster
	// Name is that of the Service; its port 4200 is named "api".
	Name string
	to   string
	made int
}

// Expose makes a Service in front of an API of this machine, such as
// http://127.0.0.1:4200, without pods yet. It needs the virtual node, which
// runs containers as processes of this machine; on another cluster the test is
// skipped. The test's TestMain must call Relay.
func Expose(t *testing.T, cluster *KubernetesCluster, api string) *Exposed {
	t.Helper()
	if cluster.RealNodes(t) {
		t.Skip("needs the virtual node, whose containers are processes of this machine")
	}
	e := &Exposed{t: t, cluster: cluster, Name: "prefect-apollo", to: strings.TrimPrefix(api, "http://")}
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: e.Name}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": e.Name},
		Ports:    []corev1.ServicePort{{Name: "api", Port: 4200, TargetPort: intstr.FromString("graphql")}},
	}}
	if _, err := cluster.Set.CoreV1().Services(cluster.Namespace).Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return e
}

// Start starts a pod, each at another port, and returns its name when it is
// ready and answers.
func (e *Exposed) Start() string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		e.t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // only to know a free port
	_, text, _ := strings.Cut(address, ":")
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		e.t.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		e.t.Fatal(err)
	}
	e.made++
	grace := int64(1)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-%d", e.Name, e.made), Labels: map[string]string{"app": e.Name}},
		Spec: corev1.PodSpec{TerminationGracePeriodSeconds: &grace, Containers: []corev1.Container{{
			Name: "relay", Image: "example.com/relay:1", Command: []string{binary},
			Env:   []corev1.EnvVar{{Name: relayListen, Value: address}, {Name: relayTo, Value: e.to}},
			Ports: []corev1.ContainerPort{{Name: "graphql", ContainerPort: int32(port)}},
		}}},
	}
	pods := e.cluster.Set.CoreV1().Pods(e.cluster.Namespace)
	if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		e.t.Fatal(err)
	}
	e.poll(ctx, "pod "+pod.Name+" to be ready", func() bool {
		found, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return false
		}
		for _, c := range found.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				return true
			}
		}
		return false
	})
	e.poll(ctx, "pod "+pod.Name+" to listen", func() bool {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close() // only a question
		}
		return err == nil
	})
	return pod.Name
}

// Stop deletes a pod and returns when it is gone.
func (e *Exposed) Stop(pod string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	pods := e.cluster.Set.CoreV1().Pods(e.cluster.Namespace)
	if err := pods.Delete(ctx, pod, metav1.DeleteOptions{}); err != nil {
		e.t.Fatal(err)
	}
	e.poll(ctx, "pod "+pod+" to be gone", func() bool {
		list, err := pods.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + pod})
		return err == nil && len(list.Items) == 0
	})
}

func (e *Exposed) poll(ctx context.Context, what string, is func() bool) {
	e.t.Helper()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			e.t.Fatalf("waited in vain for %s", what)
		}
	}
}
