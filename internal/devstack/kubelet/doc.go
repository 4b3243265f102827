// Package kubelet runs a real Kubernetes node on this machine: a kubelet and
// containerd, whose containers are real ones. It is test equipment, for Linux
// and root.
//
// # What it takes
//
// A directory that `make node` fills: root, a root file system with containerd,
// runc and the network plugins as Debian packages them, and images, archives of
// the images that the node has. Nothing is installed on the machine, and no
// registry is asked for anything.
//
// # How it is kept apart
//
// All of the node runs in namespaces of its own, for processes, mounts, the
// network, IPC and the host name, below one first process, which is this
// program again (see Main). It sees the root file system above, writes
// to memory alone, and knows this machine only through one pair of
// virtual network interfaces. When the first process ends, however it does, the
// kernel ends all others and takes mounts and interfaces away with them; a
// process.Guard then removes the directory and the control groups. Several nodes
// can run at once.
//
// # Its network
//
// A node takes a subnet of 198.18.0.0/15, the range that is set aside for
// benchmarks: .1 is this machine, .2 the node, the upper half are pods. Pods
// reach this machine, and what listens on .1, but nothing beyond it; the resolver
// there says of every name that it does not exist.
package kubelet

import (
	"log/slog"
	"path/filepath"
)

// MakeTarget is the target of the repository's makefile that makes what a node
// takes.
const MakeTarget = "make node"

// InitArgument is the argument with which Options.Command, usually this very
// program, calls Main.
const InitArgument = "node-init"

// sandboxImage is the image of the container that holds a pod's namespaces.
const sandboxImage = "devstack.invalid/pause:1"

// Options says how to start a node.
type Options struct {
	// Kubelet is the path of the kubelet.
	Kubelet string
	// Dir holds root and images.
	Dir string
	// Name is the node's name.
	Name string
	// Command is what the first process runs, to which the path of a file is
	// added; empty means this very program with InitArgument.
	Command []string
	// Logger receives what happens; nil means nothing.
	Logger *slog.Logger
}

// Credentials are what a node needs to join a cluster.
type Credentials struct {
	// Server is the API server's URL, on the loopback interface.
	Server string
	// Authority, Certificate and Key are PEM-encoded: the cluster's certificate
	// authority, and the node's certificate, as server and client.
	Authority, Certificate, Key []byte
}

// DefaultDir is the directory that MakeTarget fills, beside that of the programs.
func DefaultDir(binDir string) string { return filepath.Join(filepath.Dir(binDir), "node") }

// setup is what the first process has to know.
type setup struct {
	// Root is the root file system, Images the directory of archives, Kubelet the
	// program. Dir is the node's own directory.
	Root, Images, Kubelet, Dir string
	// Name is the host name and the node's.
	Name string
	// Gateway is this machine's address, Address the node's, both of the subnet
	// with PrefixLength; Pods is the pods' subnet.
	Gateway, Address, Pods string
	// Cgroup is the control group of the node's pods.
	Cgroup string
}

// The messages between the two sides, over pipes, one per line.
const (
	tellNetwork = "network" // to the node: the interface is there
	tellKubelet = "kubelet" // to the node: the credentials are there
	tellImages  = "images"  // from the node: containerd runs and has the images
	tellFailure = "failure" // from the node, followed by a space and the reason
)

// dirPrefix begins the name of a node's directory and control group; the rest is
// in the name of its interface on this machine, too.
const dirPrefix = "devstack-kubelet-"

// interfaceName is the node's name of its network interface.
const interfaceName = "eth0"

// Paths inside the node.
const (
	credentialsDir   = "/etc/kubernetes"
	containerdSocket = "/run/containerd/containerd.sock"
	kubeletProgram   = "/usr/local/bin/kubelet"
	imagesDir        = "/var/lib/images"
)
