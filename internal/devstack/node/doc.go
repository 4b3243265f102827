// Package node is a virtual Kubernetes node: it registers itself in a cluster
// and runs the containers of the pods bound to it as processes of this machine.
// Where a kubelet reports something, it reports the same: phases, container
// states, reasons, exit codes, events and logs. It is test equipment, for
// machines that have no container runtime.
//
// virtual-kubelet's library was considered and not taken: it leaves statuses,
// grace periods, logs and events to its provider, which is all there is to do
// here, and brings a kubelet's dependencies.
//
// # What a container is here
//
// A container's command and arguments become a process with a directory of its
// own as home and working directory, and with nothing but the pod's environment,
// in which references to the pod's fields, to config maps and to secrets are
// resolved. There is no isolation: the process sees this machine's files and
// network, runs as this machine's user, and finds programs through this
// machine's PATH. Ignored are therefore: working directories, volumes (though a
// missing config map or secret keeps the pod from starting), security contexts,
// probes, life-cycle hooks, CPU limits and sidecar containers. A container needs
// a command or arguments, since there is no image to take them from.
//
// Logs and port-forwarding go through the API server as with any node; exec and
// attach do not.
//
// The memory limit is enforced by watching the processes: one that exceeds it is
// killed as OOMKilled.
//
// # The flow-run command
//
// A Prefect agent starts `prefect execute flow-run` in the container. If the
// machine has no Prefect 1 on its PATH, a program of that name is provided, at
// the end of the container's PATH, that runs Options.FlowRunCommand instead and
// says so in the container's log.
//
// # Images
//
// Every image is taken to be there, with two exceptions. A reference that is
// malformed gives InvalidImageName. One whose registry's host name ends in
// ".invalid", a domain that never exists (RFC 2606), cannot be pulled: it gives
// ErrImagePull and then ImagePullBackOff, or ErrImageNeverPull with the pull
// policy Never.
//
// # Eviction
//
// A pod with the annotation EvictAfterAnnotation is evicted when it has run for
// the duration that the annotation's value gives ("2s").
package node

import (
	"crypto/tls"
	"log/slog"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/rest"
)

// EvictAfterAnnotation has a pod evicted, as if its node ran out of memory,
// after it has run for the duration that the value gives.
const EvictAfterAnnotation = "node.devstack/evict-after"

// DefaultName is the name of the node when Options.Name is empty.
const DefaultName = "devstack-node"

// Options says how a node registers and behaves.
type Options struct {
	// REST reaches the cluster, with the right to manage nodes, leases, pods and
	// events and to read config maps and secrets.
	REST *rest.Config
	// Name is the node's name; "" means DefaultName.
	Name string
	// Labels are added to the usual ones (operating system, architecture, name).
	Labels map[string]string
	// Unschedulable keeps the scheduler from using the node: it runs only pods
	// that name it.
	Unschedulable bool
	// Capacity replaces parts of the machine's own capacity.
	Capacity corev1.ResourceList
	// TLS is the configuration of the server that the API server asks for logs.
	// nil means a self-signed certificate and answers to everybody who can reach
	// the loopback interface.
	TLS *tls.Config
	// FlowRunCommand is what to run for `prefect execute flow-run` where there is
	// no Prefect 1: usually the devstack program and "flow-run". Empty means that
	// the command is not found.
	FlowRunCommand []string
	// IgnorePrefect uses FlowRunCommand even if Prefect 1 is on PATH.
	IgnorePrefect bool
	// BackOff is the first pause before a container is restarted or an image
	// pulled again; it doubles up to 30 times its value. 0 means the kubelet's 10
	// seconds.
	BackOff time.Duration
	// Retry is the pause before the node looks again for a config map or secret
	// that was missing; 0 means 2 seconds.
	Retry time.Duration
	// Logger receives what the node does; nil means nothing.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.BackOff == 0 {
		o.BackOff = 10 * time.Second
	}
	if o.Retry == 0 {
		o.Retry = 2 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// systemPath is the PATH of containers that set none.
func systemPath() string {
	if path := os.Getenv("PATH"); path != "" {
		return path
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

func quantity(value int64, format resource.Format) resource.Quantity {
	return *resource.NewQuantity(value, format)
}
