package flowgroup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// A resource that has another name now, without a `moved` block, would have its settings reset by the destruction of the
// former address, before or after the new one makes them. The plan is refused; with the block nothing happens.
func TestAccFlowGroup_renamed(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"": "", "create before destroy": "lifecycle {\n create_before_destroy = true\n }"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			at := func(address string, lines ...string) string {
				return acctest.ProviderConfig(b.PrefectServer, nil) + b.block(address, append(lines, lifecycle)...)
			}
			const settings = `labels = ["x"]`
			run(b,
				resource.TestStep{Config: at("before", settings)},
				resource.TestStep{
					Config:      at("after", settings),
					ExpectError: acctest.Says("The plan destroys the settings of version group", "moved {", "from = prefect_flow_group.<old name>"),
				},
				resource.TestStep{
					Config: at("after", settings) + "moved {\n from = prefect_flow_group.before\n to = prefect_flow_group.after\n}\n",
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction("prefect_flow_group.after", plancheck.ResourceActionNoop),
					}},
					Check: b.on(`labels ["x"]`),
				},
				// A resource that manages nothing resets nothing.
				resource.TestStep{Config: at("after")},
				resource.TestStep{Config: at("again", settings), Check: b.on(`labels ["x"]`)},
				// At one address, a replacement loses nothing.
				resource.TestStep{Config: at("again", settings), Taint: []string{"prefect_flow_group.again"}, Check: b.on(`labels ["x"]`)},
			)
		})
	}
}

// Terraform plans the two addresses in any order.
func TestAccFlowGroup_renamedInAnyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := map[string]any{"version_group_id": b.version, "labels": []any{"x"}}
	held := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_group", config)
	if len(held.Diagnostics) > 0 {
		t.Fatal(held.Diagnostics)
	}
	destroy := func(s *acctest.Session) []acctest.Diagnostic { return s.PlanDestroy(held) }
	create := func(s *acctest.Session) []acctest.Diagnostic {
		return s.PlanNew("prefect_flow_group", config).Diagnostics
	}
	keep := func(s *acctest.Session) []acctest.Diagnostic { return s.Plan(held, config).Diagnostics }
	const moved, twice = "The plan destroys the settings", "Two resources for one flow group"
	for name, test := range map[string]struct {
		steps []func(*acctest.Session) []acctest.Diagnostic
		want  string
	}{
		"destroyed, created":  {[]func(*acctest.Session) []acctest.Diagnostic{destroy, create}, moved},
		"created, destroyed":  {[]func(*acctest.Session) []acctest.Diagnostic{create, destroy}, moved},
		"imported, destroyed": {[]func(*acctest.Session) []acctest.Diagnostic{keep, destroy}, moved},
		"kept, created":       {[]func(*acctest.Session) []acctest.Diagnostic{keep, create}, twice},
		"destroyed":           {[]func(*acctest.Session) []acctest.Diagnostic{destroy}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Connect(t, b.PrefectServer, nil)
			for i, step := range test.steps {
				found := step(s)
				if last := i == len(test.steps)-1; !last || test.want == "" {
					if len(found) > 0 {
						t.Fatalf("step %d: %+v", i, found)
					}
				} else if len(found) != 1 || found[0].Warning || !strings.HasPrefix(found[0].Summary, test.want) {
					t.Fatalf("want %q, got %+v", test.want, found)
				}
			}
		})
	}
}

// A plan that does not know the group cannot refuse. Whichever address is applied first, the settings of the new one are
// there in the end, and those that only the former one managed are reset.
func TestAccFlowGroup_renamedUnknown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	after := acctest.ProviderConfig(b.PrefectServer, nil) + fmt.Sprintf("resource \"terraform_data\" \"group\" {\n input = %q\n}\n", b.version) +
		"resource \"prefect_flow_group\" \"after\" {\n version_group_id = terraform_data.group.output\n labels = [\"x\"]\n schedule = { clocks = [{ interval = \"1h\" }] }\n" +
		" schedule_active = true\n}\n"
	run(b,
		resource.TestStep{Config: b.config(`labels = ["x"]`, `description = "d"`, `schedule = { clocks = [{ interval = "1h" }] }`, `schedule_active = true`)},
		resource.TestStep{
			Config: after,
			Check:  resource.ComposeAggregateTestCheckFunc(b.on(`labels ["x"]`, "description null", `"interval":3600000000`), b.isActive(true)),
		},
	)
	if got := b.settings(); got != defaults {
		t.Errorf("after destroying: %s", got)
	}
}

// Whoever is applied last: the former address leaves what the new one manages.
func TestAccFlowGroup_takenOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	config := map[string]any{"version_group_id": b.version, "labels": []any{"x"}, "description": "d", "schedule_active": true,
		"schedule": map[string]any{"clocks": []any{map[string]any{"interval": "1h"}}}}
	former := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_group", config)
	applying := acctest.Connect(t, b.PrefectServer, nil)
	delete(config, "description")
	delete(config, "schedule_active")
	if found := applying.Create("prefect_flow_group", config).Diagnostics; len(found) > 0 {
		t.Fatal(found)
	}
	group := b.settings()
	if found := applying.ApplyDestroy(former); len(found) > 0 {
		t.Fatal(found)
	}
	if got, want := b.settings(), strings.Replace(group, `description "d"`, "description null", 1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := b.isActive(true)(nil); err != nil {
		t.Error(err)
	}
}
