package kubelet

import (
	"encoding/json"
	"net"
	"net/netip"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func TestSubnets(t *testing.T) {
	t.Parallel()
	benchmarks := netip.MustParsePrefix("198.18.0.0/15")
	seen := map[string]bool{}
	for number := range subnets {
		s := newSubnet(number)
		pods := netip.MustParsePrefix(s.pods())
		for _, a := range []string{s.gateway(), s.address(), pods.Addr().String()} {
			if !benchmarks.Contains(netip.MustParseAddr(a)) || seen[a] {
				t.Fatalf("subnet %d: %s is out of the range or taken already", number, a)
			}
			seen[a] = true
		}
		link := netip.MustParsePrefix(s.gateway() + prefixLength)
		if !link.Contains(netip.MustParseAddr(s.address())) || pods.Overlaps(link) {
			t.Fatalf("subnet %d: link %s, pods %s", number, link, pods)
		}
	}
}

func TestSubnetInUseIsTaken(t *testing.T) {
	t.Parallel()
	_, used, err := net.ParseCIDR("198.18.4.0/30")
	if err != nil {
		t.Fatal(err)
	}
	used.IP = net.ParseIP("198.18.4.1")
	if !newSubnet(4).taken([]net.Addr{used}) || newSubnet(40).taken([]net.Addr{used}) {
		t.Error("only the subnet with 198.18.4.1 is in use")
	}
}

func TestConfigurations(t *testing.T) {
	t.Parallel()
	s := setup{Cgroup: "/devstack-kubelet-1", Pods: "198.18.4.128/25"}
	config, err := s.kubeletConfig()
	if err != nil {
		t.Fatal(err)
	}
	network, err := networkConfig(s.Pods)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{config, network} {
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Errorf("%v:\n%s", err, text)
		}
	}
	kubeconfig, err := (&Credentials{Authority: []byte("ca"), Certificate: []byte("crt"), Key: []byte("key")}).kubeconfig("198.18.4.1:6443")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil || parsed.Host != "https://198.18.4.1:6443" || parsed.ServerName != "localhost" {
		t.Errorf("%+v, %v", parsed, err)
	}
}
