package kubelet

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// containerdConfig is containerd's configuration. On a machine that is itself a container, out-of-memory scores
// cannot be lowered.
func containerdConfig() string {
	return fmt.Sprintf(`version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = %q

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/etc/cni/net.d"
`, containerdSocket, sandboxImage)
}

// networkConfig is the configuration of the pods' network: a bridge without
// address translation, since this machine knows the way to the pods.
func networkConfig(pods string) (string, error) {
	config, err := json.MarshalIndent(map[string]any{
		"cniVersion": "0.4.0",
		"name":       "pods",
		"plugins": []any{map[string]any{
			"type": "bridge", "bridge": "cni0", "isGateway": true,
			"ipam": map[string]any{
				"type":   "host-local",
				"ranges": []any{[]any{map[string]any{"subnet": pods}}},
				"routes": []any{map[string]any{"dst": "0.0.0.0/0"}},
			},
		}},
	}, "", "  ")
	return string(config), err
}

// kubeletConfig is the kubelet's configuration.
func (s *setup) kubeletConfig() (string, error) {
	file := func(name string) string { return path.Join(credentialsDir, name) }
	config, err := json.MarshalIndent(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": false},
			"x509":      map[string]any{"clientCAFile": file("ca.crt")},
		},
		// The authority signs only for the control plane and its administrator.
		"authorization":            map[string]any{"mode": "AlwaysAllow"},
		"tlsCertFile":              file("node.crt"),
		"tlsPrivateKeyFile":        file("node.key"),
		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"cgroupDriver":             "cgroupfs",
		"cgroupRoot":               s.Cgroup,
		"enforceNodeAllocatable":   []string{"none"},
		"failCgroupV1":             false,
		"failSwapOn":               false,
		"oomScoreAdj":              0,
		"makeIPTablesUtilChains":   false,
		"resolvConf":               "/etc/resolv.conf",
		"clusterDNS":               []string{s.Gateway},
		"clusterDomain":            "cluster.local",
		// The node does not manage the machine's memory or disk.
		"evictionHard": map[string]any{
			"memory.available": "1Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%",
		},
		"volumeStatsAggPeriod":        "5s",
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		"readOnlyPort":                0,
		"healthzPort":                 0,
		"registerNode":                true,
	}, "", "  ")
	return string(config), err
}

// kubeconfig is how the kubelet reaches the API server: at this machine's
// address, where its port is relayed to the loopback interface. The certificate
// is that of localhost.
func (c *Credentials) kubeconfig(server string) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["node"] = &clientcmdapi.Cluster{Server: "https://" + server, TLSServerName: "localhost", CertificateAuthorityData: c.Authority}
	config.AuthInfos["node"] = &clientcmdapi.AuthInfo{ClientCertificateData: c.Certificate, ClientKeyData: c.Key}
	config.Contexts["node"] = &clientcmdapi.Context{Cluster: "node", AuthInfo: "node"}
	config.CurrentContext = "node"
	return clientcmd.Write(*config)
}

// subnet is a node's part of the benchmarking range.
type subnet struct{ prefix string }

// subnets is the number of parts.
const subnets = 512

func newSubnet(number int) subnet { return subnet{fmt.Sprintf("198.%d.%d", 18+number/256, number%256)} }

func (s subnet) gateway() string { return s.prefix + ".1" }
func (s subnet) address() string { return s.prefix + ".2" }
func (s subnet) pods() string    { return s.prefix + ".128/25" }

// prefixLength is that of the network that this machine and the node are on.
const prefixLength = "/30"

// taken reports whether an interface of this machine is in the subnet.
func (s subnet) taken(addresses []net.Addr) bool {
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if err == nil && strings.HasPrefix(prefix.Addr().String(), s.prefix+".") {
			return true
		}
	}
	return false
}
