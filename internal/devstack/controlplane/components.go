package controlplane

import (
	"fmt"
	"path/filepath"
	"strings"
)

const (
	serviceRange        = "10.0.0.0/24"
	firstServiceAddress = "10.0.0.1"
)

// controllers are those that the stack and its tests depend on. Every other one
// costs start-up time and memory.
var controllers = []string{
	"clusterrole-aggregation-controller",
	"cronjob-controller",
	"deployment-controller",
	"disruption-controller",
	"garbage-collector-controller",
	"job-controller",
	"namespace-controller",
	"node-lifecycle-controller",
	"pod-garbage-collector-controller",
	"replicaset-controller",
	"resourcequota-controller",
	"root-ca-certificate-publisher-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"statefulset-controller",
	"taint-eviction-controller",
	"ttl-after-finished-controller",
}

// layout says where a control plane keeps its files and what it listens on.
type layout struct {
	dir                           string
	etcdPort, peerPort, apiServer int
}

func (l layout) file(name string) string { return filepath.Join(l.dir, name) }

func (l layout) url() string { return fmt.Sprintf("https://127.0.0.1:%d", l.apiServer) }

func (l layout) etcdArguments() []string {
	client := fmt.Sprintf("https://127.0.0.1:%d", l.etcdPort)
	peer := fmt.Sprintf("https://127.0.0.1:%d", l.peerPort)
	return []string{
		"--name=devstack",
		"--data-dir=" + l.file("etcd"),
		"--unsafe-no-fsync",
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=devstack=" + peer,
		"--cert-file=" + l.file("etcd.crt"),
		"--key-file=" + l.file("etcd.key"),
		"--client-cert-auth",
		"--trusted-ca-file=" + l.file("ca.crt"),
		"--peer-cert-file=" + l.file("etcd.crt"),
		"--peer-key-file=" + l.file("etcd.key"),
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file=" + l.file("ca.crt"),
		"--log-level=warn",
	}
}

func (l layout) apiServerArguments() []string {
	return []string{
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		// The reconciler would publish the loopback address as the endpoint of
		// the service "kubernetes", which endpoints do not allow.
		"--endpoint-reconciler-type=none",
		fmt.Sprintf("--secure-port=%d", l.apiServer),
		fmt.Sprintf("--etcd-servers=https://127.0.0.1:%d", l.etcdPort),
		"--etcd-cafile=" + l.file("ca.crt"),
		"--etcd-certfile=" + l.file("apiserver-client.crt"),
		"--etcd-keyfile=" + l.file("apiserver-client.key"),
		"--tls-cert-file=" + l.file("apiserver.crt"),
		"--tls-private-key-file=" + l.file("apiserver.key"),
		"--client-ca-file=" + l.file("ca.crt"),
		"--kubelet-certificate-authority=" + l.file("ca.crt"),
		"--kubelet-client-certificate=" + l.file("apiserver-client.crt"),
		"--kubelet-client-key=" + l.file("apiserver-client.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=" + serviceRange,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + l.file("service-account.pub"),
		"--service-account-signing-key-file=" + l.file("service-account.key"),
		"--allow-privileged=true",
		"--profiling=false",
		"--shutdown-delay-duration=0s",
	}
}

func (l layout) controllerManagerArguments() []string {
	return []string{
		"--kubeconfig=" + l.file("controller-manager.kubeconfig"),
		"--leader-elect=false",
		"--secure-port=0",
		"--controllers=" + strings.Join(controllers, ","),
		"--service-account-private-key-file=" + l.file("service-account.key"),
		"--root-ca-file=" + l.file("ca.crt"),
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--profiling=false",
	}
}

func (l layout) schedulerArguments() []string {
	return []string{
		"--kubeconfig=" + l.file("scheduler.kubeconfig"),
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false",
	}
}
