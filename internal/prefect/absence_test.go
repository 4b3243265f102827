package prefect_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const anID = "0e1c2b3a-1111-4222-8333-444455556666"

// oddAnswers are bodies of answers with status 200 that prove nothing, whatever was asked.
func oddAnswers() map[string]string {
	return map[string]string{
		"Hasura without its metadata": `{"errors":[{"message":"field \"cloud_hook\" not found in type: 'query_root'"}]}`,
		"the same with a code":        `{"errors":[{"message":"field \"x\" not found in type: 'query_root'","extensions":{"code":"validation-failed"}}]}`,
		"page":                        `{"errors":[{"message":"404 page not found","extensions":{"code":"X"}}]}`,
		"host":                        `{"data":null,"errors":[{"message":"host not found","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`,
		"relation":                    `{"errors":[{"message":"relation \"flow\" not found","extensions":{"code":"postgres-error"}}]}`,
		"another mutation's words":    `{"data":null,"errors":[{"message":"Invalid project.","path":["other"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`,
		"null data":                   `{"data":null}`,
		"no data":                     `{"data":{}}`,
		"data that is a list":         `{"data":[]}`,
		"list":                        `[]`,
		"empty":                       ``,
		"truncated":                   `{"data":{"pro`,
		"doubled":                     noTenants + noTenants,
		"HTML":                        `<!DOCTYPE html><title>Welcome</title>`,
		"invalid UTF-8":               "{\"data\":{\"project\":[],\"remaining\":{\"aggregate\":{\"count\":0}},\"x\":\"\xff\"}}",
		"null lists": `{"data":{"project":null,"flow":null,"flow_group":null,"flow_run":null,"cloud_hook":null,"agent":null,"tenant":null,
			"remaining":{"aggregate":{"count":0}}}}`,
		"lists without their length": `{"data":{"project":[],"flow":[],"flow_group":[],"cloud_hook":[],"agent":[],"tenant":[],"remaining":{"aggregate":null}}}`,
		"lists that are not whole":   `{"data":{"project":[],"flow_group":[],"cloud_hook":[],"tenant":[],"remaining":{"aggregate":{"count":3}}}}`,
		"objects of nulls": `{"data":{"project":[{}],"flow":[{"id":null}],"flow_group":[{}],"flow_run":[{}],"cloud_hook":[{}],"tenant":[{}],
			"remaining":{"aggregate":{"count":1}}}}`,
	}
}

// reads are the questions whose answer may be that there is no such object.
func reads(t *testing.T, c *prefect.Client) map[string]func() error {
	t.Helper()
	ctx := t.Context()
	only := func(_ any, err error) error { return err }
	return map[string]func() error{
		"GetProject":       func() error { return only(c.GetProject(ctx, anID)) },
		"RefreshProject":   func() error { return only(c.RefreshProject(ctx, anID)) },
		"GetFlow":          func() error { return only(c.GetFlow(ctx, anID)) },
		"LatestFlow":       func() error { return only(c.LatestFlow(ctx, anID)) },
		"RefreshFlow":      func() error { return only(c.RefreshFlow(ctx, anID)) },
		"FindFlowGroup":    func() error { return only(c.FindFlowGroup(ctx, anID)) },
		"RefreshFlowGroup": func() error { return only(c.RefreshFlowGroup(ctx, anID)) },
		"GetFlowRun":       func() error { return only(c.GetFlowRun(ctx, anID)) },
		"RefreshFlowRun":   func() error { return only(c.RefreshFlowRun(ctx, anID)) },
		"FlowRunRestart":   func() error { return only(c.FlowRunRestart(ctx, anID)) },
		"GetCloudHook":     func() error { return only(c.GetCloudHook(ctx, anID)) },
		"RefreshCloudHook": func() error { return only(c.RefreshCloudHook(ctx, anID)) },
		"GetTenant":        func() error { return only(c.GetTenant(ctx, anID)) },
		"RefreshTenant":    func() error { return only(c.RefreshTenant(ctx, anID)) },
		"ProjectContents":  func() error { return only(c.ProjectContents(ctx, anID)) },
		"TenantContents":   func() error { return only(c.TenantContents(ctx, anID)) },
	}
}

// removals are the mutations whose answer may be that there is no such object.
func removals(t *testing.T, c *prefect.Client) map[string]func() error {
	t.Helper()
	ctx := t.Context()
	return map[string]func() error{
		"DeleteProject":     func() error { return c.DeleteProject(ctx, anID) },
		"DeleteFlow":        func() error { return c.DeleteFlow(ctx, anID) },
		"ArchiveFlow":       func() error { return c.ArchiveFlow(ctx, anID) },
		"DeleteFlowGroup":   func() error { return c.DeleteFlowGroup(ctx, anID) },
		"DeleteFlowRun":     func() error { return c.DeleteFlowRun(ctx, anID) },
		"DeleteCloudHook":   func() error { return c.DeleteCloudHook(ctx, anID) },
		"DeleteTenant":      func() error { return c.DeleteTenant(ctx, anID) },
		"DeleteAgent":       func() error { return c.DeleteAgent(ctx, anID) },
		"SetProjectName":    func() error { return c.SetProjectName(ctx, anID, "x") },
		"UpdateFlowProject": func() error { return c.UpdateFlowProject(ctx, anID, anID) },
		"SetHeartbeat":      func() error { return c.SetHeartbeat(ctx, anID, true) },
		"CancelFlowRun":     func() error { _, err := c.CancelFlowRun(ctx, anID); return err },
	}
}

// TestNothingButAnEmptyListProvesAbsence asks every question behind a server that gives odd answers to all but the question
// for the tenant.
func TestNothingButAnEmptyListProvesAbsence(t *testing.T) {
	t.Parallel()
	for name, body := range oddAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked, _ := io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/json")
				if strings.Contains(string(asked), "query Tenants") && strings.Contains(string(asked), "chosen") {
					_, _ = fmt.Fprintf(w, `{"data":{"tenant":[{"id":%q,"name":"Chosen","slug":"chosen","settings":{},
						"created":"2026-01-02T03:04:05+00:00","updated":"2026-01-02T03:04:05+00:00"}],"remaining":{"aggregate":{"count":1}}}}`, anID)
					return
				}
				_, _ = io.WriteString(w, body)
			}))
			client := newClient(t, prefect.Config{Endpoint: url, Tenant: "chosen", MaxRetries: 1, Sleep: noSleep})
			if _, err := client.TenantID(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, calls := range []map[string]func() error{reads(t, client), removals(t, client)} {
				for call, do := range calls {
					if name == "lists without their length" && call == "LatestFlow" {
						continue // which does not ask for it
					}
					if err := do(); err == nil || errors.Is(err, prefect.ErrNotFound) {
						t.Errorf("%s: %v", call, err)
					}
				}
			}
		})
	}
}

// TestAbsenceIsRecognised asks the same of a Server that has none of the objects.
func TestAbsenceIsRecognised(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	for _, calls := range []map[string]func() error{reads(t, e.Client), removals(t, e.Client)} {
		for call, do := range calls {
			if err := do(); !errors.Is(err, prefect.ErrNotFound) && !strings.HasSuffix(call, "Contents") {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
}

// TestCreationsAreLookedForAfterAnUnusableAnswer lets each creation through once and spoils its answer.
func TestCreationsAreLookedForAfterAnUnusableAnswer(t *testing.T) {
	t.Parallel()
	odd := oddAnswers()
	odd["partial data beside an error"] = `{"data":{"create_project":{"id":null}},"errors":[{"message":"oops","extensions":{"code":"X"}}]}`
	for name, body := range odd {
		if strings.Contains(body, `"code"`) && name != "partial data beside an error" {
			continue // the Server's own refusals have this form
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, prefectserver.Options{})
			project := e.project(t, "there")
			flow := e.flow(t, project, "f")
			spoil := ""
			forward := e.server.Handler()
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(strings.NewReader(string(asked)))
				if spoil == "" || !strings.Contains(string(asked), spoil) {
					forward.ServeHTTP(w, r)
					return
				}
				spoil = ""
				forward.ServeHTTP(&nowhere{header: http.Header{}}, r)
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, body)
			}))
			c := newClient(t, prefect.Config{Endpoint: url, Tenant: "default", Sleep: noSleep})
			ctx := t.Context()
			spoil = "create_project("
			id, err := c.CreateProject(ctx, "p", nil)
			check(t, err)
			if _, err := e.GetProject(ctx, id); err != nil {
				t.Error(err)
			}
			spoil = "create_cloud_hook("
			_, err = c.CreateCloudHook(ctx, prefect.CreateCloudHookInput{
				Type: prefect.CloudHookWebhook, States: []string{"Failed"}, Config: []byte(`{"url":"http://x"}`),
			})
			check(t, err)
			if hooks, _ := e.ListCloudHooks(ctx, prefect.CloudHookFilter{}); len(hooks) != 1 {
				t.Errorf("%d hooks", len(hooks))
			}
			spoil = "create_tenant("
			_, err = c.CreateTenant(ctx, "T", "t")
			check(t, err)
			spoil = "create_flow_run("
			_, err = c.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: flow.ID})
			check(t, err)
			if runs, _ := e.ListFlowRuns(ctx, prefect.FlowRunFilter{}); len(runs) != 1 {
				t.Errorf("%d runs", len(runs))
			}
			spoil = "create_flow_from_compressed_string("
			_, err = c.RegisterFlow(ctx, prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: smallFlow("g")})
			check(t, err)
			if flows, _ := e.ListFlows(ctx, prefect.FlowFilter{Name: "g"}); len(flows) != 1 {
				t.Errorf("%d versions", len(flows))
			}
			spoil = "delete_flow("
			check(t, c.DeleteFlow(ctx, flow.ID))
		})
	}
}

// nowhere is the client that never gets an answer.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}
