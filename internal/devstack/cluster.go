package devstack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/node"
)

// slowStart is the time after which a progress line says that the control plane is still starting.
const slowStart = 10 * time.Second

// startCluster starts a control plane, or connects to an existing cluster.
func (s *Stack) startCluster(ctx context.Context) error {
	if s.options.Kubeconfig != "" {
		return s.connect(ctx)
	}
	begin := time.Now()
	s.progress("starting the Kubernetes control plane")
	slow := time.AfterFunc(slowStart, func() { s.progress("still waiting for the control plane (%s)", since(begin)) })
	defer slow.Stop()
	plane, err := controlplane.Start(ctx, controlplane.Options{
		BinDir: s.options.BinDir, DataDir: s.options.DataDir, Logger: s.options.Logger,
	})
	if err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	s.parts = append(s.parts, part{name: "control plane", stop: plane.Stop})
	s.watch(plane)
	s.Kubeconfig, s.REST = plane.KubeconfigPath(), plane.RESTConfig()
	s.nodeTLS, s.nodeCredentials = plane.NodeTLS, plane.NodeCredentials
	version, err := s.version()
	if err != nil {
		return err
	}
	s.progress("control plane of Kubernetes %s is ready at %s (%s)", version, s.REST.Host, since(begin))
	return s.ensureNamespace(ctx)
}

// version asks the cluster which version of Kubernetes it is.
func (s *Stack) version() (string, error) {
	client, err := discovery.NewDiscoveryClientForConfig(s.REST)
	if err != nil {
		return "", fmt.Errorf("make a client of the cluster: %w", err)
	}
	info, err := client.ServerVersion()
	if err != nil {
		return "", fmt.Errorf("ask the cluster for its version: %w", err)
	}
	return strings.TrimPrefix(info.GitVersion, "v"), nil
}

// connect uses the cluster of Options.Kubeconfig.
func (s *Stack) connect(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", s.options.Kubeconfig)
	if err != nil {
		return fmt.Errorf("read the kubeconfig %s: %w", s.options.Kubeconfig, err)
	}
	config.QPS, config.Burst = 50, 100
	s.Kubeconfig, s.REST = s.options.Kubeconfig, config
	s.nodeTLS = func(string) (*tls.Config, error) { return nil, nil }
	s.progress("using the cluster at %s", config.Host)
	return s.ensureNamespace(ctx)
}

// ensureNamespace makes the agent's namespace unless it is there.
func (s *Stack) ensureNamespace(ctx context.Context) error {
	client, err := clientset.NewForConfig(s.REST)
	if err != nil {
		return fmt.Errorf("make a client of the cluster: %w", err)
	}
	if _, err := client.CoreV1().Namespaces().Get(ctx, s.Namespace, metav1.GetOptions{}); err == nil {
		return nil
	} else if !apierrors.IsNotFound(err) {
		return fmt.Errorf("look for namespace %s: %w", s.Namespace, err)
	}
	wanted := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Namespace}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, wanted, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create namespace %s: %w", s.Namespace, err)
	}
	return nil
}

// startNode adds the node that the options ask for.
func (s *Stack) startNode(ctx context.Context) error {
	if s.real != nil {
		return s.joinRealNode(ctx)
	}
	wanted, err := s.wantsNode(ctx)
	if err != nil || !wanted {
		return err
	}
	config, err := s.nodeTLS(node.DefaultName)
	if err != nil {
		return err
	}
	n, err := node.New(node.Options{
		REST: s.REST, TLS: config, FlowRunCommand: s.options.FlowRunCommand,
		IgnorePrefect: s.options.IgnorePrefect, Capacity: s.options.NodeCapacity, Logger: s.options.Logger,
	})
	if err != nil {
		return fmt.Errorf("start the virtual node: %w", err)
	}
	begin := time.Now()
	ended := s.background(ctx, "virtual node", n.Run)
	select {
	case <-n.Ready():
	case err := <-ended:
		if err == nil {
			err = errors.New("ended by itself")
		}
		return fmt.Errorf("start the virtual node: %w", err)
	case <-ctx.Done():
		return fmt.Errorf("start the virtual node: %w", ctx.Err())
	}
	s.Node = n.Name()
	s.progress("virtual node %s is ready (%s)", s.Node, since(begin))
	return nil
}

// answers reports whether the kubelet of a node, or what stands in for one, takes
// connections: two nodes of one name would both run every pod.
func answers(ctx context.Context, n *corev1.Node) bool {
	port := strconv.Itoa(int(n.Status.DaemonEndpoints.KubeletEndpoint.Port))
	for _, address := range n.Status.Addresses {
		if address.Type != corev1.NodeInternalIP {
			continue
		}
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(address.Address, port))
		if err == nil {
			return conn.Close() == nil
		}
	}
	return false
}

func (s *Stack) wantsNode(ctx context.Context) (bool, error) {
	if s.options.Node != NodeAuto {
		return s.options.Node == NodeAlways, nil
	}
	client, err := clientset.NewForConfig(s.REST)
	if err != nil {
		return false, fmt.Errorf("make a client of the cluster: %w", err)
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, fmt.Errorf("look for nodes: %w", err)
	}
	for i := range nodes.Items {
		if nodes.Items[i].Name == node.DefaultName && !answers(ctx, &nodes.Items[i]) {
			continue // left over by a stack that was killed
		}
		if ready(&nodes.Items[i]) {
			s.progress("the cluster has nodes of its own, so pods run there; the virtual node is not needed")
			return false, nil
		}
	}
	return true, nil
}
