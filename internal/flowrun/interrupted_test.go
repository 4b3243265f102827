package flowrun

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// roundTrip is an HTTP transport.
type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// An interrupted action speaks of no next apply: unlike that of a resource, its
// run is taken up by nobody.
func TestInterruptedAction(t *testing.T) {
	t.Parallel()
	server, err := prefectserver.New(prefectserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	admin, err := prefect.New(prefect.Config{Endpoint: web.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateTenant(t.Context(), "Test", "test"); err != nil {
		t.Fatal(err)
	}
	project, err := admin.CreateProject(t.Context(), "flows", nil)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := admin.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: map[string]any{
		"name": "etl", "type": "prefect.core.flow.Flow", "tasks": []any{}, "edges": []any{}, "parameters": []any{}, "reference_tasks": []any{},
		"environment": nil, "run_config": nil, "schedule": nil, "storage": nil, "__version__": "1.4.1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		at   string
		says []string
	}{
		"before the run":   {"query Flows", []string{"interrupted", "No run was created"}},
		"while it is made": {"mutation CreateFlowRun", []string{"interrupted", "next invocation", "prefect_flow_run_cancel"}},
		"after it is made": {"query NewestFlowRuns", []string{"was started", "interrupted", "prefect_flow_run_cancel"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			client, err := prefect.New(prefect.Config{Endpoint: web.URL, Transport: roundTrip(func(request *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(request.Body)
				if err != nil {
					return nil, err
				}
				request.Body = io.NopCloser(bytes.NewReader(body))
				if bytes.Contains(body, []byte(c.at)) {
					stop()
				}
				return http.DefaultTransport.RoundTrip(request)
			})})
			if err != nil {
				t.Fatal(err)
			}
			m := emptyModel()
			m.FlowID = types.StringValue(flow)
			_, _, diags := (&runAction{data: framework.NewProviderData(client, nil)}).start(ctx, runActionModel{}, &m)
			if len(diags) != 1 {
				t.Fatalf("got %v", diags)
			}
			text := diags[0].Summary() + "\n" + diags[0].Detail()
			for _, part := range c.says {
				if !strings.Contains(text, part) {
					t.Errorf("does not say %q: %s", part, text)
				}
			}
			if strings.Contains(text, "next apply") || strings.Contains(text, "import") {
				t.Errorf("speaks of a resource: %s", text)
			}
		})
	}
}
