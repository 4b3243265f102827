package agent_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func config(server *acctest.PrefectServer, lines ...string) string {
	return acctest.ProviderConfig(server, nil) + fmt.Sprintf("data \"prefect_agents\" \"test\" {\n%s\n}\n", strings.Join(lines, "\n"))
}

func is(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.prefect_agents.test", tfjsonpath.New(attribute), check)
}

func names(names ...string) statecheck.StateCheck {
	checks := make([]knownvalue.Check, 0, len(names))
	for _, name := range names {
		checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{"name": knownvalue.StringExact(name)}))
	}
	return is("agents", knownvalue.ListExact(checks))
}

// insert puts an agent into the store that asked for work so long ago.
func insert(t *testing.T, server *acctest.PrefectServer, tenant, name string, ago *time.Duration, labels ...any) {
	t.Helper()
	err := server.Server.Store().Update(func(tx *store.Tx) error {
		row := store.Row{
			"tenant_id": tenant, "name": name, "type": "KubernetesAgent", "core_version": "1.4.1", "labels": append([]any{}, labels...),
			"last_queried": nil,
		}
		if ago != nil {
			row["last_queried"] = time.Now().UTC().Add(-*ago).Truncate(time.Microsecond)
		}
		_, err := tx.Insert("agent", row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAccAgentsDataSource(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	other := acctest.AnotherTenant(t, server)
	insert(t, server, server.TenantID, "silent", nil, "k8s", "prod")
	insert(t, server, server.TenantID, "dead", new(3*time.Minute), "k8s", "dev")
	insert(t, server, server.TenantID, "alive", new(time.Second), "k8s", "gpu")
	insert(t, server, server.TenantID, "bare", new(2*time.Second))
	insert(t, server, other.TenantID, "theirs", new(time.Second), "k8s")
	healthy := func(all ...bool) statecheck.StateCheck {
		checks := make([]knownvalue.Check, 0, len(all))
		for _, one := range all {
			checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{"healthy": knownvalue.Bool(one)}))
		}
		return is("agents", knownvalue.ListExact(checks))
	}
	matches := func(one bool, all ...bool) []statecheck.StateCheck {
		checks := make([]knownvalue.Check, 0, len(all))
		for _, each := range all {
			checks = append(checks, knownvalue.ObjectPartial(map[string]knownvalue.Check{"would_match": knownvalue.Bool(each)}))
		}
		return []statecheck.StateCheck{is("would_match", knownvalue.Bool(one)), is("agents", knownvalue.ListExact(checks))}
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server), ConfigStateChecks: []statecheck.StateCheck{
				names("alive", "bare", "dead", "silent"), healthy(true, true, false, false),
				is("tenant_id", knownvalue.StringExact(server.TenantID)), is("would_match", knownvalue.Null()),
				is("agents", knownvalue.ListPartial(map[int]knownvalue.Check{
					0: knownvalue.ObjectExact(map[string]knownvalue.Check{
						"id": knownvalue.NotNull(), "name": knownvalue.StringExact("alive"), "type": knownvalue.StringExact("KubernetesAgent"),
						"labels":       knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("gpu"), knownvalue.StringExact("k8s")}),
						"core_version": knownvalue.StringExact("1.4.1"), "last_queried": knownvalue.NotNull(),
						"healthy": knownvalue.Bool(true), "would_match": knownvalue.Null(),
					}),
					3: knownvalue.ObjectPartial(map[string]knownvalue.Check{"last_queried": knownvalue.Null()}),
				})),
			}},
			{Config: config(server, `name = "dead"`), ConfigStateChecks: []statecheck.StateCheck{names("dead")}},
			{Config: config(server, `labels = ["k8s"]`), ConfigStateChecks: []statecheck.StateCheck{names("alive", "dead", "silent")}},
			{Config: config(server, `labels = ["k8s", "gpu"]`), ConfigStateChecks: []statecheck.StateCheck{names("alive")}},
			{Config: config(server, `healthy = true`), ConfigStateChecks: []statecheck.StateCheck{names("alive", "bare")}},
			{Config: config(server, `healthy = false`, `healthy_within = "1h"`), ConfigStateChecks: []statecheck.StateCheck{names("silent")}},
			{Config: config(server, `run_labels = ["k8s"]`), ConfigStateChecks: matches(true, true, false, true, true)},
			{Config: config(server, `run_labels = ["k8s", "gpu"]`), ConfigStateChecks: matches(true, true, false, false, false)},
			{Config: config(server, `run_labels = ["prod"]`), ConfigStateChecks: matches(false, false, false, false, true)},
			{Config: config(server, `run_labels = []`), ConfigStateChecks: matches(true, false, true, false, false)},
			{Config: config(server, fmt.Sprintf("tenant_id = %q", other.TenantID)), ConfigStateChecks: []statecheck.StateCheck{names("theirs")}},
			{Config: config(server, `name = "nobody"`), ConfigStateChecks: []statecheck.StateCheck{names(), is("would_match", knownvalue.Null())}},
		},
	})
}

// TestAccAgentsDataSource_pages lists more agents than one request brings.
func TestAccAgentsDataSource_pages(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	for i := range 450 {
		insert(t, server, server.TenantID, fmt.Sprintf("agent-%d", i), nil)
	}
	acctest.Run(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{Config: config(server), ConfigStateChecks: []statecheck.StateCheck{is("agents", knownvalue.ListSizeExact(450))}},
		},
	})
}

func TestAccAgentsDataSource_badInput(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	cases := []string{
		`healthy_within = "soon"`,
		`healthy_within = "-1s"`,
		`labels = [""]`,
		`run_labels = [" "]`,
		`name = ""`,
		`tenant_id = "default"`,
		`tenant_id = "00000000-0000-4000-8000-000000000000"`,
	}
	steps := make([]resource.TestStep, 0, len(cases)+1)
	for _, lines := range cases {
		steps = append(steps, resource.TestStep{Config: config(server, lines), ExpectError: acctest.Recorded(lines)})
	}
	acctest.Run(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), Steps: steps})
}
