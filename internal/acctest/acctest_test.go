package acctest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/agentlabels"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestSays(t *testing.T) {
	t.Parallel()
	says := acctest.Says("could not be (found)", "use `id`")
	for message, want := range map[string]bool{
		"It could not be (found). So use `id`.":                  true,
		"It could\nnot be\n│ (found).\n│\n│ So\n│ use\n│ `id`.":  true,
		"So use `id`. It could not be (found).":                  false,
		"It could not be found. So use `id`.":                    false,
		"It could not be (found).":                               false,
		"It could not be (found) anywhere.\n\nUse or use\n`id`.": true,
	} {
		if got := says.MatchString(message); got != want {
			t.Errorf("%q: %t, want %t", message, got, want)
		}
	}
}

// TestRecording_otherTenants records the same of a Server that only the test uses and of one that has other tenants, too.
func TestRecording_otherTenants(t *testing.T) {
	t.Parallel()
	recording := acctest.Record(t, t.Name())
	for _, tt := range []struct{ title, tenants string }{
		{"alone", "acc-0123456789"},
		{"first", "acc-0123456789, team-1, 2nd"},
		{"last", "default, acc-0123456789"},
		{"amid", "a-b, acc-0123456789, found-abcdef0123"},
	} {
		recording.Add(tt.title, "Tenant \"x\" not found: the Server has "+tt.tenants+".\n\nCorrect it.")
	}
}

// TestServersAreApart gives each test a tenant of its own that ends with it. The inner test has to end within the
// outer one, so neither is parallel.
func TestServersAreApart(t *testing.T) {
	server := acctest.Server(t)
	var used *acctest.PrefectServer
	t.Run("inner", func(t *testing.T) {
		used = acctest.AnotherTenant(t, server)
		if used.TenantID == server.TenantID || used.TenantSlug == server.TenantSlug {
			t.Errorf("two tests share the tenant %s", used.TenantSlug)
		}
		if _, err := used.Client.CreateProject(t.Context(), "left behind", nil); err != nil {
			t.Error(err)
		}
	})
	if _, err := server.Client.GetTenant(t.Context(), used.TenantID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("after the inner test its tenant gives the error %v", err)
	}
}

func TestEmptyServer(t *testing.T) {
	t.Parallel()
	server := acctest.EmptyServer(t, prefectserver.Options{})
	if _, err := server.Client.TenantID(t.Context()); !errors.Is(err, prefect.ErrNoTenant) {
		t.Errorf("got %v", err)
	}
}

// TestAgentRegisters starts the agent and waits until the Server knows it.
func TestAgentRegisters(t *testing.T) {
	t.Parallel()
	server, cluster := acctest.Server(t), acctest.Cluster(t)
	acctest.Agent(t, server, cluster, "some-label")

	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for {
		agents, err := server.Client.ListAgents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(agents) == 1 && agentlabels.Match(agents[0].Labels, []string{"some-label"}) {
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("the Server knows the agents %v", agents)
		}
	}
}
