package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/kubelet"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/node"
)

// realNodeTimeout bounds the time from the kubelet's start to a ready node.
const realNodeTimeout = 2 * time.Minute

// startRealNode starts the part of a real node that the others depend on: the
// address at which its pods reach them.
func (s *Stack) startRealNode(ctx context.Context) error {
	if s.options.Node != NodeReal {
		return nil
	}
	n, err := kubelet.Start(ctx, kubelet.Options{
		Kubelet: filepath.Join(s.options.BinDir, "kubelet"), Dir: kubelet.DefaultDir(s.options.BinDir),
		Name: node.DefaultName, Logger: s.options.Logger,
	})
	if err != nil {
		return fmt.Errorf("start the real node: %w", err)
	}
	s.real = n
	s.parts = append(s.parts, part{name: "real node", stop: n.Stop})
	s.watch(n)
	s.progress("containerd is starting in namespaces of its own; this machine is %s to its pods", n.Gateway())
	return nil
}

// joinRealNode has the real node join the control plane.
func (s *Stack) joinRealNode(ctx context.Context) error {
	begin := time.Now()
	credentials := kubelet.Credentials{Server: s.REST.Host}
	var err error
	if credentials.Authority, credentials.Certificate, credentials.Key, err = s.nodeCredentials(node.DefaultName, s.real.Address()); err != nil {
		return err
	}
	if err := s.real.Join(ctx, credentials); err != nil {
		return fmt.Errorf("start the kubelet: %w", err)
	}
	s.progress("containerd has its images; waiting for the kubelet (%s)", since(begin))
	ctx, cancel := context.WithTimeoutCause(ctx, realNodeTimeout, fmt.Errorf("the node was not ready within %s", realNodeTimeout))
	defer cancel()
	if err := s.awaitNode(ctx); err != nil {
		return fmt.Errorf("start the kubelet: %w", err)
	}
	s.Node = node.DefaultName
	s.progress("real node %s is ready (%s)", s.Node, since(begin))
	return nil
}

// awaitNode waits until the node is ready and takes pods.
func (s *Stack) awaitNode(ctx context.Context) error {
	client, err := clientset.NewForConfig(s.REST)
	if err != nil {
		return fmt.Errorf("make a client of the cluster: %w", err)
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		found, err := client.CoreV1().Nodes().Get(ctx, node.DefaultName, metav1.GetOptions{})
		if err == nil && readyForPods(found) {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.real.Done():
			return s.real.Err()
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

func readyForPods(n *corev1.Node) bool {
	for _, t := range n.Spec.Taints {
		if t.Effect != corev1.TaintEffectPreferNoSchedule {
			return false
		}
	}
	return ready(n)
}

func ready(n *corev1.Node) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// listenAddress is where the Server listens by default.
func (s *Stack) listenAddress() string {
	switch {
	case s.options.Listen != "":
		return s.options.Listen
	case s.real != nil:
		return net.JoinHostPort(s.real.Gateway().String(), "0")
	default:
		return "127.0.0.1:0"
	}
}
