// Package devstack runs everything that a flow run needs on one machine: an
// embedded Prefect Server, a real Kubernetes control plane, a virtual or a real
// node, and a Kubernetes agent. It is what the demonstration and the tests use; nothing that
// is shipped imports it.
package devstack

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
)

// NodeMode says when a cluster gets the virtual node.
type NodeMode string

const (
	// NodeAuto adds the virtual node to a cluster that has no ready node.
	NodeAuto NodeMode = "auto"
	// NodeAlways adds it in any case.
	NodeAlways NodeMode = "always"
	// NodeNever never adds it.
	NodeNever NodeMode = "never"
	// NodeReal adds, instead of the virtual node, one with a kubelet and real
	// containers. It takes Linux, root, and what `make node` makes.
	NodeReal NodeMode = "real"
)

// Options says what to start.
type Options struct {
	// BinDir holds the control plane's programs; "" means
	// controlplane.DefaultBinDir.
	BinDir string
	// DataDir keeps the control plane's data and is not removed; "" means a
	// temporary directory.
	DataDir string
	// Kubeconfig is the file of a cluster to use instead of starting one.
	Kubeconfig string
	// Node reports whether the cluster gets the virtual node; "" means NodeAuto.
	Node NodeMode
	// ClusterOnly starts neither Server nor agent.
	ClusterOnly bool
	// Listen is the Server's address; "" means a free port of the loopback
	// interface, or with a real node of the one to it. Pods on other machines need
	// an address that they can reach.
	Listen string
	// Tenant is the name and slug of the tenant that is made; "" means "default".
	Tenant string
	// Namespace is where the agent makes Jobs; "" means "default". It is created
	// if it is not there.
	Namespace string
	// Labels are the agent's.
	Labels []string
	// KeepFinishedJobs makes the agent leave finished Jobs in the cluster.
	KeepFinishedJobs bool
	// FlowRunCommand is what runs a flow where there is no Prefect 1; empty means
	// this very program with the argument "flow-run".
	FlowRunCommand []string
	// IgnorePrefect uses FlowRunCommand even where Prefect 1 is installed.
	IgnorePrefect bool
	// NodeCapacity replaces parts of the capacity that the virtual node has by
	// default, the machine's: pods that request resources and use none need more.
	NodeCapacity corev1.ResourceList
	// Progress receives one line for each step; nil means nothing.
	Progress func(line string)
	// Logger receives what the parts log; nil means nothing.
	Logger *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if o.Node == "" {
		o.Node = NodeAuto
	}
	if o.Node != NodeAuto && o.Node != NodeAlways && o.Node != NodeNever && o.Node != NodeReal {
		return o, fmt.Errorf("unknown node mode %q: want %s, %s, %s or %s", o.Node, NodeAuto, NodeAlways, NodeNever, NodeReal)
	}
	if o.Node == NodeReal && o.Kubeconfig != "" {
		return o, errors.New("a real node joins a control plane that is started here, and not a cluster that exists: leave out the kubeconfig")
	}
	if o.BinDir == "" {
		o.BinDir = controlplane.DefaultBinDir()
	}
	if o.Tenant == "" {
		o.Tenant = "default"
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Kubeconfig != "" {
		path, err := filepath.Abs(o.Kubeconfig)
		if err != nil {
			return o, fmt.Errorf("find the kubeconfig: %w", err)
		}
		o.Kubeconfig = path
	}
	if len(o.FlowRunCommand) == 0 {
		program, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find this program, which runs the flows: %w", err)
		}
		o.FlowRunCommand = []string{program, "flow-run"}
	}
	return o, nil
}
