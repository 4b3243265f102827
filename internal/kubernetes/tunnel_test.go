package kubernetes_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
)

// tunnelled is an HTTP client whose connections go through a tunnel.
func tunnelled(t *testing.T, client *kubeclient.Client, target tunnel.Target) *http.Client {
	t.Helper()
	tunnel := tunnel.New(func() (*kubeclient.Client, error) { return client, nil }, target)
	transport := &http.Transport{DialContext: tunnel.DialContext}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		tunnel.Close()
	})
	return &http.Client{Transport: transport}
}

// ask posts a text and returns the answer.
func ask(ctx context.Context, client *http.Client, text string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://anything/", strings.NewReader(text))
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// echo is a server that answers what it is told.
func echo(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = out.Write(body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestClusterTunnel sends requests through the API server of a real control plane, many at a time and large ones, and
// goes on when the pod is replaced.
func TestClusterTunnel(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	exposed := acctest.Expose(t, cluster, echo(t))
	pod := exposed.Start()
	client := tunnelled(t, cluster.Client, tunnel.Target{Service: exposed.Name, Port: "api"})
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			text := fmt.Sprint(i, strings.Repeat("x", 100_000*i))
			if got, err := ask(ctx, client, text); err != nil || got != text {
				t.Errorf("%d: %d of %d bytes, %v", i, len(got), len(text), err)
			}
		})
	}
	group.Wait()
	for range 2 {
		next := exposed.Start()
		exposed.Stop(pod)
		client.CloseIdleConnections() // one that was kept may learn of the pod's end only after the next request
		pod = next
		if got, err := ask(ctx, client, "still there?"); err != nil || got != "still there?" {
			t.Fatalf("after the pod was replaced: %q, %v", got, err)
		}
	}
	exposed.Stop(pod)
	client.CloseIdleConnections()
	var forward *tunnel.Error
	if _, err := ask(ctx, client, "hello?"); !errors.As(err, &forward) || !errors.Is(err, tunnel.ErrNoReadyPod) || forward.Permanent() {
		t.Fatalf("without a pod: %v", err)
	}
	exposed.Start()
	if got, err := ask(ctx, client, "back"); err != nil || got != "back" {
		t.Errorf("with a pod again: %q, %v", got, err)
	}
	cancelled, stop := context.WithCancel(ctx)
	stop()
	if _, err := ask(cancelled, client, "never"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestClusterTunnelIsOne opens one port-forward for all connections, and closes it at the end.
func TestClusterTunnelIsOne(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	exposed := acctest.Expose(t, cluster, echo(t))
	exposed.Start()
	var used, open atomic.Int32
	through, err := kubeclient.NewClient(kubeclient.Config{ConfigPath: cluster.Kubeconfig, Namespace: cluster.Namespace, ProxyURL: proxy(t, &used, &open)})
	if err != nil {
		t.Fatal(err)
	}
	tunnel := tunnel.New(func() (*kubeclient.Client, error) { return through, nil }, tunnel.Target{Service: exposed.Name})
	defer tunnel.Close()
	// Each request has a connection of its own.
	client := &http.Client{Transport: &http.Transport{DialContext: tunnel.DialContext, DisableKeepAlives: true}}
	if got, err := ask(t.Context(), client, "first"); err != nil || got != "first" {
		t.Fatalf("%q, %v", got, err)
	}
	before := used.Load()
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			if got, err := ask(t.Context(), client, "another"); err != nil || got != "another" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	group.Wait()
	if after := used.Load(); after != before {
		t.Errorf("12 requests made %d further connections to the cluster", after-before)
	}
	connected := open.Load()
	tunnel.Close()
	if _, err := ask(t.Context(), client, "late"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	await := time.After(10 * time.Second)
	for tick := time.Tick(10 * time.Millisecond); open.Load() >= connected; {
		select {
		case <-tick:
		case <-await:
			t.Fatalf("%d connections to the cluster stay open of %d", open.Load(), connected)
		}
	}
}

// TestClusterTunnelErrors names what is wrong with a Service.
func TestClusterTunnelErrors(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	services := cluster.Set.CoreV1().Services(cluster.Namespace)
	for name, spec := range map[string]corev1.ServiceSpec{
		"elsewhere": {Type: corev1.ServiceTypeExternalName, ExternalName: "prefect.example.com"},
		"empty":     {Selector: map[string]string{"app": "none"}, Ports: []corev1.ServicePort{{Port: 4200}}},
		"several":   {Selector: map[string]string{"app": "none"}, Ports: []corev1.ServicePort{{Name: "api", Port: 4200}, {Name: "ui", Port: 8080}}},
		"pending":   {Selector: map[string]string{"app": "pending"}, Ports: []corev1.ServicePort{{Port: 4200}}},
	} {
		service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
		if _, err := services.Create(ctx, service, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "pending-1", Labels: map[string]string{"app": "pending"}},
		Spec:       corev1.PodSpec{NodeSelector: map[string]string{"no": "node"}, Containers: []corev1.Container{{Name: "c", Image: "example.com/c:1"}}},
	}
	if _, err := cluster.Set.CoreV1().Pods(cluster.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		target    tunnel.Target
		kind      error
		permanent bool
		says      []string
	}{
		"no such Service":   {tunnel.Target{Service: "missing"}, kubeclient.ErrNotFound, false, []string{"Service missing in namespace " + cluster.Namespace, "no such Service", "`port_forward`"}},
		"no such namespace": {tunnel.Target{Namespace: "nowhere", Service: "missing"}, kubeclient.ErrNotFound, false, []string{"Service missing in namespace nowhere"}},
		"external":          {tunnel.Target{Service: "elsewhere"}, tunnel.ErrNotForwardable, true, []string{"selects no pods", "`endpoint`"}},
		"no pod":            {tunnel.Target{Service: "empty"}, tunnel.ErrNoReadyPod, false, []string{"app=none", "Deployment"}},
		"no port chosen":    {tunnel.Target{Service: "several"}, tunnel.ErrNotForwardable, true, []string{"several ports", "4200 api, 8080 ui", "Set `port`"}},
		"no such port":      {tunnel.Target{Service: "several", Port: "grpc"}, tunnel.ErrNotForwardable, true, []string{"no port grpc", "4200 api, 8080 ui"}},
		"pod not ready":     {tunnel.Target{Service: "pending"}, tunnel.ErrNoReadyPod, false, []string{"pod pending-1 is Pending", "ready_timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(t.Context(), tunnelled(t, cluster.Client, tt.target), "x")
			var forward *tunnel.Error
			if !errors.As(err, &forward) || !errors.Is(err, tt.kind) || forward.Permanent() != tt.permanent || !forward.Undelivered() {
				t.Fatalf("got %v", err)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
		})
	}
}

// TestClusterTunnelRights: what is missing is named, and either verb of port-forwarding is enough.
func TestClusterTunnelRights(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	exposed := acctest.Expose(t, cluster, echo(t))
	exposed.Start()
	all := []rbacv1.PolicyRule{
		rule("", "services", "get"), rule("", "pods", "list"), rule("", "pods/portforward", "create", "get"),
	}
	for name, tt := range map[string]struct {
		rules []rbacv1.PolicyRule
		says  []string
	}{
		"all":         {all, nil},
		"create only": {[]rbacv1.PolicyRule{all[0], all[1], rule("", "pods/portforward", "create")}, nil},
		"no services": {all[1:], []string{"may not get services", `Grant the verb "get" on the resource "services"`}},
		"no pods":     {[]rbacv1.PolicyRule{all[0], all[2]}, []string{"may not list pods", `verb "list"`}},
		"no forward":  {all[:2], []string{"may not create pods/portforward", `"create" on the resource "pods/portforward"`, cluster.Namespace}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := clientWith(t, cluster, tt.rules)
			got, err := ask(t.Context(), tunnelled(t, client, tunnel.Target{Service: exposed.Name}), "x")
			if tt.says == nil {
				if err != nil || got != "x" {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			var forward *tunnel.Error
			if !errors.As(err, &forward) || !errors.Is(err, kubeclient.ErrForbidden) || !forward.Permanent() {
				t.Fatalf("got %v", err)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
		})
	}
}

// TestClusterTunnelRefused: nothing listens in the pod, which the node reports.
func TestClusterTunnelRefused(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	exposed := acctest.Expose(t, cluster, echo(t))
	exposed.Start()
	service, err := cluster.Set.CoreV1().Services(cluster.Namespace).Get(t.Context(), exposed.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	service.Spec.Ports[0].TargetPort = intstr.Parse(port)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Set.CoreV1().Services(cluster.Namespace).Update(t.Context(), service, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	var forward *tunnel.Error
	if _, err := ask(t.Context(), tunnelled(t, cluster.Client, tunnel.Target{Service: exposed.Name}), "x"); !errors.As(err, &forward) ||
		!errors.Is(err, tunnel.ErrPodRefused) || !forward.Undelivered() || forward.Pod == "" {
		t.Errorf("got %v", err)
	}
}
