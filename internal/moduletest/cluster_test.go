package moduletest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
)

// shared is the control plane with its virtual node that all tests use, each in
// namespaces of its own; it has the Gateway API. TestMain stops it.
var shared struct {
	sync.Mutex

	stack *devstack.Stack
	err   error
}

func TestMain(m *testing.M) {
	// client-go's own log lines would end up between the tests'.
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	code := m.Run()
	if shared.stack != nil {
		if err := shared.stack.Stop(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// cluster gives the shared control plane, started the first time.
func cluster(t *testing.T) *devstack.Stack {
	t.Helper()
	programs := bin(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.stack == nil && shared.err == nil {
		shared.stack, shared.err = startCluster(context.WithoutCancel(t.Context()), programs)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.stack
}

func startCluster(ctx context.Context, programs string) (*devstack.Stack, error) {
	stack, err := devstack.Start(ctx, devstack.Options{
		BinDir: programs, ClusterOnly: true, IgnorePrefect: true,
		// A dozen Servers at once, whose pods request what real ones need and sleep.
		NodeCapacity:   corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("64"), corev1.ResourceMemory: resource.MustParse("256Gi")},
		FlowRunCommand: []string{filepath.Join(programs, "devstack"), "flow-run"},
	})
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	if err := installGatewayAPI(ctx, stack); err != nil {
		return nil, errors.Join(err, stack.Stop())
	}
	return stack, nil
}

// installGatewayAPI creates the resource definitions of the Gateway API, as a
// cluster with the routing add-on has them, and waits until they are served.
func installGatewayAPI(ctx context.Context, stack *devstack.Stack) error {
	// Downloads what is not in the module cache yet, where `go list` would name no directory.
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", "sigs.k8s.io/gateway-api")
	command.Dir = "../tools/gateway-api"
	output, err := command.Output()
	var module struct{ Dir, Error string }
	if parseErr := json.Unmarshal(output, &module); parseErr != nil || module.Dir == "" {
		return fmt.Errorf("get the Gateway API's module: %w %s", errors.Join(err, parseErr), module.Error)
	}
	client, err := dynamic.NewForConfig(stack.REST)
	if err != nil {
		return fmt.Errorf("reach the cluster: %w", err)
	}
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for _, kind := range []string{"gatewayclasses", "gateways", "httproutes"} {
		data, err := os.ReadFile(filepath.Join(module.Dir, "config/crd/standard/gateway.networking.k8s.io_"+kind+".yaml"))
		if err != nil {
			return fmt.Errorf("read the Gateway API: %w", err)
		}
		var definition unstructured.Unstructured
		if err := yaml.Unmarshal(data, &definition.Object); err != nil {
			return fmt.Errorf("read the Gateway API: %w", err)
		}
		if _, err := definitions.Create(ctx, &definition, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("install the Gateway API: %w", err)
		}
		resource := client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: kind})
		err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			_, err := resource.List(ctx, metav1.ListOptions{Limit: 1})
			return err == nil, nil // not served yet
		})
		if err != nil {
			return fmt.Errorf("wait until the cluster serves %s: %w", kind, err)
		}
	}
	return nil
}

func kubernetesClient(t *testing.T, stack *devstack.Stack) clientset.Interface {
	t.Helper()
	client, err := clientset.NewForConfig(stack.REST)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
