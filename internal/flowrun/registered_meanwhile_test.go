package flowrun_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// before is the Server of b behind a proxy that does something just before it
// passes on the first request for a run.
func (b *bench) before(do func()) *acctest.PrefectServer {
	b.t.Helper()
	var once sync.Once
	return b.behind(func(request []byte) {
		if bytes.Contains(request, []byte("create_flow_run(")) {
			once.Do(do)
		}
	})
}

// behind is the Server of b behind a proxy that shows each request before it passes it on.
func (b *bench) behind(show func(request []byte)) *acctest.PrefectServer {
	b.t.Helper()
	target, err := url.Parse(b.API)
	if err != nil {
		b.t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			b.t.Error(err)
		}
		show(body)
		in.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(out, in)
	}))
	b.t.Cleanup(proxy.Close)
	behind := *b.PrefectServer
	behind.API = proxy.URL
	return &behind
}

// TestAccFlowRun_registeredMeanwhile registers a version into the group of a run
// just before it is created. That of the tenant is run; another tenant's is not,
// though the Server itself would take it: it does not tell the groups of tenants
// apart, and has archived the tenant's own.
func TestAccFlowRun_registeredMeanwhile(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(s *acctest.Session, config map[string]any) []acctest.Diagnostic{
		"resource": func(s *acctest.Session, config map[string]any) []acctest.Diagnostic {
			return s.Create("prefect_flow_run", config).Diagnostics
		},
		"action": func(s *acctest.Session, config map[string]any) []acctest.Diagnostic {
			return withoutAgents(s.Invoke("prefect_flow_run", config, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			config := map[string]any{"version_group_id": b.group, "wait_for": "none"}
			var newest string
			own := b.before(func() { newest = b.registerIn(b.group) })
			if found := start(acctest.Connect(t, own, nil), config); len(found) > 0 {
				t.Errorf("got %+v", found)
			}
			if runs := b.runs(); len(runs) != 1 || runs[0].FlowID != newest {
				t.Errorf("the tenant has %+v, want a run of flow %s", runs, newest)
			}

			other := benchOn(t, acctest.AnotherTenant(t, b.PrefectServer), flowJSON("theirs"))
			foreign := b.before(func() { other.registerIn(b.group) })
			config["name"] = "another"
			found := start(acctest.Connect(t, foreign, nil), config)
			if len(found) != 1 || found[0].Warning || !strings.Contains(found[0].Detail, "archived") {
				t.Errorf("got %+v", found)
			}
			for whose, err := range map[string]error{"the tenant": b.count(1), "the other tenant": other.count(0)} {
				if err != nil {
					t.Errorf("of %s: %v", whose, err)
				}
			}
		})
	}
}

// registerIn registers a version into a group, whosever that is.
func (b *bench) registerIn(group string) string {
	id, err := b.Client.RegisterFlow(b.t.Context(), prefect.RegisterFlowInput{
		ProjectID: b.project, SerializedFlow: flowJSON("etl"), VersionGroupID: group,
	})
	if err != nil {
		b.t.Error(err)
	}
	return id
}

// TestAccFlowRun_flowChangedMeanwhile registers, replaces and deletes versions between the plan, which shares its look with
// other plans, and the creation of a run. What is refused, and what is run, is as the Server has it then.
func TestAccFlowRun_flowChangedMeanwhile(t *testing.T) {
	t.Parallel()
	t.Run("registered", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		session := acctest.Connect(t, b.PrefectServer, nil)
		var registered string
		session.Between = func() { registered = b.registerIn("new-group") }
		made := session.Create("prefect_flow_run", map[string]any{"version_group_id": "new-group", "wait_for": "none"})
		if len(made.Diagnostics) > 0 || made.At("flow_id") != registered {
			t.Errorf("got %s, want a run of %s", made, registered)
		}
	})
	t.Run("replaced and deleted", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		session := acctest.Connect(t, b.PrefectServer, nil)
		var newest string
		session.Between = func() {
			newest = b.registerIn(b.group)
			if err := b.Client.DeleteFlow(t.Context(), b.flow); err != nil {
				t.Error(err)
			}
		}
		made := session.Create("prefect_flow_run", map[string]any{"version_group_id": b.group, "wait_for": "none"})
		if len(made.Diagnostics) > 0 || made.At("flow_id") != newest {
			t.Errorf("got %s, want a run of %s", made, newest)
		}
	})
}

// TestAccFlowRun_tenant runs a flow of another tenant than the provider's, by the resource and by the actions, and does
// everything else with the run there.
func TestAccFlowRun_tenant(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	own := benchOn(t, server, flowJSON("etl"))
	other := benchOn(t, acctest.AnotherTenant(t, server), flowJSON("etl", "x=1"))
	session := acctest.Connect(t, server, nil)
	config := map[string]any{"version_group_id": other.group, "tenant_id": other.TenantID, "wait_for": "none", "on_destroy": "delete"}
	made := session.Create("prefect_flow_run", config)
	if len(made.Diagnostics) > 0 || made.At("tenant_id") != other.TenantID || made.At("flow_id") != other.flow {
		t.Fatalf("got %s, of tenant %v", made, made.At("tenant_id"))
	}
	read := session.Refresh(made)
	if len(read.Diagnostics) > 0 || read.At("state") != "Scheduled" {
		t.Errorf("got %s", read)
	}
	imported := session.ImportByIdentity("prefect_flow_run", map[string]any{"id": made.At("id")})
	if len(imported.Diagnostics) > 0 || imported.At("tenant_id") != other.TenantID {
		t.Errorf("got %s", imported)
	}
	// An apply that is repeated without the state continues with the run, which is there.
	logs := func() bool {
		found, err := other.Client.LastFlowRunLogs(t.Context(), other.runs()[0].ID, 10)
		return err == nil && len(found) > 0
	}
	until(t, "the run is marked in its tenant", logs)
	if found := acctest.Connect(t, server, nil).Destroy(read); len(found) > 0 { // another command
		t.Errorf("got %+v", found)
	}
	if err := other.count(0); err != nil {
		t.Error(err)
	}

	named := map[string]any{"project_name": "runs", "flow_name": "etl", "tenant_id": other.TenantID, "wait_for": "none", "parameters": `{"x": 2}`}
	if found := withoutAgents(session.Invoke("prefect_flow_run", named, nil)); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	if found := session.Invoke("prefect_flow_run_cancel", map[string]any{"version_group_id": other.group, "tenant_id": other.TenantID}, nil); len(found) > 0 {
		t.Errorf("got %+v", found)
	}
	if runs := other.runs(); len(runs) != 1 || runs[0].State != "Cancelled" {
		t.Errorf("got %+v", runs)
	}
	if err := own.count(0); err != nil {
		t.Error(err)
	}

	const none = "6f6b0e0e-0000-4000-8000-00000000000f"
	wrong := map[string]any{"flow_id": own.flow, "tenant_id": none, "wait_for": "none"}
	one(t, session.PlanNew("prefect_flow_run", wrong).Diagnostics, false, "tenant_id", "no tenant with the id", none)
	one(t, session.Invoke("prefect_flow_run", wrong, nil), false, "tenant_id", "no tenant with the id", none)
	one(t, session.Invoke("prefect_flow_run_cancel", map[string]any{"version_group_id": own.group, "tenant_id": none}, nil), false, "tenant_id", "no tenant with the id")
	// Each action that is pointed at the provider's tenant names the argument to correct, and the one that is missing.
	for _, missing := range []struct {
		action, argument, value string
	}{
		{"prefect_flow_run_cancel", "id", other.runs()[0].ID},
		{"prefect_flow_run_cancel", "version_group_id", other.group},
		{"prefect_flow_run_restart", "id", other.runs()[0].ID},
	} {
		one(t, session.Invoke(missing.action, map[string]any{missing.argument: missing.value}, nil), false, missing.argument, "Set `tenant_id`")
	}
	one(t, session.PlanNew("prefect_flow_run", map[string]any{"flow_id": own.flow, "tenant_id": other.TenantID}).Diagnostics, false, "flow_id",
		"belongs to another tenant", own.TenantID)
}

// TestAccFlowRun_defaultsSetMeanwhile: a parameter that the flow group sets since this process looked at the flow is not missing,
// in the plan of a resource and in that of an action.
func TestAccFlowRun_defaultsSetMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.register(flowJSON("needy", "x"))
	session := acctest.Connect(t, b.PrefectServer, nil)
	config := map[string]any{"flow_id": id, "wait_for": "none"}
	plans := func() map[string][]acctest.Diagnostic {
		return map[string][]acctest.Diagnostic{
			"resource": session.PlanNew("prefect_flow_run", config).Diagnostics, "action": withoutAgents(session.PlanAction("prefect_flow_run", config)),
		}
	}
	for _, found := range plans() {
		one(t, found, false, "parameters", `"x"`)
	}
	flow, err := b.Client.GetFlow(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Client.SetFlowGroupDefaultParameters(t.Context(), flow.FlowGroupID, json.RawMessage(`{"x": 1}`)); err != nil {
		t.Fatal(err)
	}
	for name, found := range plans() {
		if len(found) > 0 {
			t.Errorf("the plan of the %s says %+v", name, found)
		}
	}
}
