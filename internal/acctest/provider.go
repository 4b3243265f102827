package acctest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// Providers are the factories of the provider for a test case.
func Providers() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"prefect": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test") },
	}
}

// serve starts a provider for the plugin protocol.
func serve(t testing.TB) tfprotov6.ProviderServer {
	t.Helper()
	server, err := provider.NewServer("test")
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// ProviderConfig is a provider block for a Server and, if it is not nil, a
// cluster. lines are further arguments.
func ProviderConfig(server *PrefectServer, cluster *KubernetesCluster, lines ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider \"prefect\" {\n  endpoint = %q\n", server.API)
	if server.TenantID != "" {
		fmt.Fprintf(&b, "  tenant   = %q\n", server.TenantID)
	}
	if cluster != nil {
		fmt.Fprintf(&b, "  kubernetes = {\n    config_path = %q\n    namespace   = %q\n  }\n", cluster.Kubeconfig, cluster.Namespace)
	}
	for _, line := range lines {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	b.WriteString("}\n")
	return b.String()
}

// Name returns a name that starts with prefix and that no other test uses.
func Name(prefix string) string {
	random := make([]byte, 5)
	// Read never fails; see crypto/rand.
	_, _ = rand.Read(random)
	return prefix + "-" + hex.EncodeToString(random)
}

// need skips the test, or fails it if PREFECT_ACC_REQUIRE is set.
func need(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("PREFECT_ACC_REQUIRE") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
