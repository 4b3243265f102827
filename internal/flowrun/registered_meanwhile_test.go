package flowrun_test

import (
	"bytes"
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
	acctest.RequireEmbedded(b.t, b.PrefectServer)
	target, err := url.Parse(b.API)
	if err != nil {
		b.t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	var once sync.Once
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			b.t.Error(err)
		}
		if bytes.Contains(body, []byte("create_flow_run(")) {
			once.Do(do)
		}
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
