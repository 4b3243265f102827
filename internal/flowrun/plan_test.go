package flowrun_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// one expects a single diagnostic that says something, at an attribute.
func one(t *testing.T, found []acctest.Diagnostic, warning bool, at string, says ...string) {
	t.Helper()
	if len(found) != 1 || found[0].Warning != warning || found[0].Path != at {
		t.Errorf("want one at %q that says %q, got %+v", at, says, found)
		return
	}
	for _, part := range says {
		if !strings.Contains(found[0].Summary+"\n"+found[0].Detail, part) {
			t.Errorf("does not say %q: %+v", part, found[0])
		}
	}
}

// TestAccFlowRun_misdirected names what is wrong with the id of a flow: in the plan, and in an action, which has none.
func TestAccFlowRun_misdirected(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	b := benchOn(t, server, flowJSON("etl"))
	other := benchOn(t, acctest.AnotherTenant(t, server), flowJSON("theirs"))
	const none = "6f6b0e0e-0000-4000-8000-00000000000f"
	for name, tt := range map[string]struct {
		argument, id string
		says         []string
	}{
		"version group as flow":   {"flow_id", b.group, []string{"Not the id of a flow version", b.group, "version_group_id = prefect_flow.<name>.id", "prefect_flow.<name>.flow_id"}},
		"flow as version group":   {"version_group_id", b.flow, []string{"Not a version group", b.group, "not its `flow_id`"}},
		"flow of another tenant":  {"flow_id", other.flow, []string{`Flow "theirs" belongs to another tenant`, other.TenantSlug, `tenant_id = "` + other.TenantID}},
		"group of another tenant": {"version_group_id", other.group, []string{`Flow "theirs" belongs to another tenant`, other.TenantSlug}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session := acctest.Connect(t, server, nil)
			config := map[string]any{tt.argument: tt.id}
			one(t, session.PlanNew("prefect_flow_run", config).Diagnostics, false, tt.argument, tt.says...)
			one(t, session.Invoke("prefect_flow_run", config, func(string) {}), false, tt.argument, tt.says...)
			if err := b.count(0); err != nil {
				t.Error(err)
			}
		})
	}
	session := acctest.Connect(t, server, nil)
	for _, argument := range []string{"flow_id", "version_group_id"} { // the same apply may register it
		if found := session.PlanNew("prefect_flow_run", map[string]any{argument: none}).Diagnostics; len(found) > 0 {
			t.Errorf("%s: %+v", argument, found)
		}
		one(t, session.Create("prefect_flow_run", map[string]any{argument: none}).Diagnostics, false, argument, "Could not start a run")
	}
}

// TestAccFlowRun_doubts warns, in the plan and in an action, of a run configuration that drops labels, or whose template does
// not run the flow, and of parameters of another type.
func TestAccFlowRun_doubts(t *testing.T) {
	t.Parallel()
	b := newBench(t, "x=1")
	template := `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [{"name": "flow", "command": ["/bin/sh", "-c"]}]}}}}`
	kubernetes := func(set map[string]any) map[string]any { return map[string]any{"kubernetes": set} }
	const labels = "run_config.kubernetes.labels"
	for name, tt := range map[string]struct {
		config map[string]any
		at     string
		says   []string
	}{
		"dropped labels":     {map[string]any{"run_config": kubernetes(map[string]any{"image": "etl:1"})}, labels, []string{`drops the labels "k8s"`, `labels = ["k8s"]`, "labels = []"}},
		"no labels, meant":   {map[string]any{"run_config": kubernetes(map[string]any{"labels": []any{}})}, "", nil},
		"labels of the run":  {map[string]any{"run_config": kubernetes(map[string]any{}), "labels": []any{"other"}}, "", nil},
		"no run config":      {map[string]any{}, "", nil},
		"command":            {map[string]any{"run_config": kubernetes(map[string]any{"labels": []any{"k8s"}, "job_template": template})}, "run_config.kubernetes.job_template", []string{"may not run the flow", "containers[0].command", "prints how `prefect` is used"}},
		"type of parameter":  {map[string]any{"parameters": `{"x": [1]}`}, "parameters", []string{`Parameter "x"`, "has the type list", "the value is the list [1]"}},
		"unknown parameters": {map[string]any{"parameters": `{"z": 1}`}, "parameters", []string{`has no parameter "z"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := map[string]any{"flow_id": b.flow, "wait_for": "none"}
			for key, value := range tt.config {
				config[key] = value
			}
			session := acctest.Connect(t, b.PrefectServer, nil)
			planned, invoked := session.PlanNew("prefect_flow_run", config).Diagnostics, session.Invoke("prefect_flow_run", config, func(string) {})
			// An action's plan also says that there is no agent, and its invocation checks the parameters again.
			said := map[string]bool{}
			invoked = slices.DeleteFunc(invoked, func(d acctest.Diagnostic) bool {
				again := said[d.Summary]
				said[d.Summary] = true
				return again || strings.HasPrefix(d.Summary, "No agent would take a run")
			})
			if tt.says == nil {
				if len(planned)+len(invoked) > 0 {
					t.Errorf("got %+v, %+v", planned, invoked)
				}
				return
			}
			one(t, planned, true, tt.at, tt.says...)
			one(t, invoked, true, tt.at, tt.says...)
		})
	}
}

// TestAccFlowRun_renamed has a resource renamed without a `moved` block. The plan says that the flow runs again, and refuses
// to destroy at one address the run that the other one would carry on with. Terraform plans the two in any order.
func TestAccFlowRun_renamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config  map[string]any
		warning bool
		says    []string
		// unfinished is a run that a failed apply still waits for.
		unfinished bool
	}{
		"settled":              {map[string]any{"on_destroy": "delete"}, true, []string{"starts one with the same inputs", "The flow runs again", "moved {"}, false},
		"own key":              {map[string]any{"on_destroy": "delete", "idempotency_key": "nightly"}, false, []string{"The plan destroys flow run", "moved {"}, false},
		"own key, kept":        {map[string]any{"idempotency_key": "nightly"}, true, nil, false},
		"still waited for":     {map[string]any{"wait_for": "finished", "timeouts": map[string]any{"total": "1s", "agent": "0s"}}, false, []string{"The plan destroys flow run", "carry on with this run"}, true},
		"cancelled, still run": {map[string]any{"on_destroy": "cancel", "idempotency_key": "nightly"}, false, []string{"The plan destroys flow run"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			config := map[string]any{"flow_id": b.flow, "wait_for": "none"}
			for key, value := range tt.config {
				config[key] = value
			}
			held := acctest.Connect(t, b.PrefectServer, nil).Create("prefect_flow_run", config)
			if held.At("id") == nil {
				t.Fatal(held)
			}
			if !tt.unfinished {
				until(t, "the run is marked as recorded", func() bool {
					logs, err := b.Client.LastFlowRunLogs(t.Context(), fmt.Sprint(held.At("id")), 10)
					return err == nil && len(logs) > 0
				})
			}
			destroy := func(s *acctest.Session) []acctest.Diagnostic { return s.PlanDestroy(held) }
			create := func(s *acctest.Session) []acctest.Diagnostic {
				return s.PlanNew("prefect_flow_run", config).Diagnostics
			}
			for order, steps := range map[string][]func(*acctest.Session) []acctest.Diagnostic{"destroy first": {destroy, create}, "create first": {create, destroy}} {
				session := acctest.Connect(t, b.PrefectServer, nil)
				var found []acctest.Diagnostic
				for _, step := range steps {
					for _, d := range step(session) {
						if d.Summary != "The apply continues an existing run" {
							found = append(found, d)
						}
					}
				}
				text := fmt.Sprint(found)
				if tt.says == nil && len(found) > 0 || tt.says != nil && (len(found) == 0 || found[len(found)-1].Warning != tt.warning) {
					t.Errorf("%s: %s", order, text)
				}
				for _, part := range tt.says {
					if !strings.Contains(text, part) {
						t.Errorf("%s: does not say %q: %s", order, part, text)
					}
				}
			}
			if err := b.count(1); err != nil {
				t.Error(err)
			}
		})
	}
}
