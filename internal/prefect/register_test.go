package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// incompressible makes every task of a flow large in a way that gzip cannot help.
func incompressible(flow map[string]any, size int) map[string]any {
	state := uint64(88172645463325252)
	tasks, _ := flow["tasks"].([]any)
	for _, one := range tasks {
		var b strings.Builder
		for b.Len() < size {
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			for i := range 8 {
				b.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[state>>(6*i)&63])
			}
		}
		if task, ok := one.(map[string]any); ok {
			task["outputs"] = b.String()
		}
	}
	return flow
}

func TestRegistrationInParts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*prefect.Config){
		"limit known":         func(c *prefect.Config) { c.BodyLimit = 20_000 },
		"limit found out":     func(*prefect.Config) {},
		"variables as string": func(c *prefect.Config) { c.BodyLimit, c.Encoding = 20_000, prefect.VariablesAsString },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, prefectserver.Options{BodyLimit: 20_000}, change)
			ctx := t.Context()
			in := prefect.RegisterFlowInput{
				ProjectID: e.project(t, "p"), SerializedFlow: incompressible(flowOf("big", 40), 1500), IdempotencyKey: "k",
				SetScheduleActive: true,
			}
			id, err := e.RegisterFlow(ctx, in)
			check(t, err)
			flow, err := e.GetFlow(ctx, id)
			check(t, err)
			if flow.TaskCount != 40 || flow.EdgeCount != 39 || flow.Group.Settings.IdempotencyKey != "k" {
				t.Errorf("%d tasks, %d edges, key %s", flow.TaskCount, flow.EdgeCount, flow.Group.Settings.IdempotencyKey)
			}
			if again, err := e.RegisterFlow(ctx, in); err != nil || again != id {
				t.Errorf("unchanged: %s %v", again, err)
			}
			stored, err := e.GetSerializedFlow(ctx, id)
			check(t, err)
			var document struct{ Tasks []any }
			check(t, json.Unmarshal(stored, &document))
			if len(document.Tasks) != 40 {
				t.Errorf("%d tasks in the serialised flow", len(document.Tasks))
			}
		})
	}
}

// A failure half way leaves no half-made flow, and a later registration succeeds. A present version is not touched.
func TestRegistrationInPartsCleansUp(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"register_tasks", "register_edges"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, prefectserver.Options{BodyLimit: 20_000}, func(c *prefect.Config) { c.BodyLimit = 20_000 })
			ctx := t.Context()
			in := prefect.RegisterFlowInput{
				ProjectID: e.project(t, "p"), SerializedFlow: incompressible(flowOf("big", 40), 1500), IdempotencyKey: "k",
			}
			remove := e.server.Faults().Add(prefectserver.Fault{Field: field, Skip: 1, Message: "no more", Code: "X"})
			if field == "register_edges" {
				remove()
				remove = e.server.Faults().Add(prefectserver.Fault{Field: field, Message: "no more", Code: "X"})
			}
			if _, err := e.RegisterFlow(ctx, in); !errors.Is(err, prefect.ErrInvalid) || !strings.Contains(err.Error(), "no more") {
				t.Errorf("error: %v", err)
			}
			if n := e.count(t, "flow", ""); n != 0 {
				t.Errorf("%d flows left", n)
			}
			remove()
			id, err := e.RegisterFlow(ctx, in)
			check(t, err)
			// Cut short in the middle: what is there is removed although the context has ended.
			ctx, cancel := context.WithCancel(ctx)
			stop := e.server.Faults().Add(prefectserver.Fault{Field: field, Times: 1, Status: http.StatusServiceUnavailable})
			in.IdempotencyKey = "k2"
			log := func(context.Context, prefect.Event) {
				if stop() == 1 {
					cancel()
				} else {
					stop = e.server.Faults().Add(prefectserver.Fault{Field: field, Times: 1, Status: http.StatusServiceUnavailable})
				}
			}
			c := newClient(t, prefect.Config{Endpoint: e.url, BodyLimit: 20_000, Logger: log})
			if _, err := c.RegisterFlow(ctx, in); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			e.server.Faults().Clear()
			if n := e.count(t, "flow", ""); n != 1 {
				t.Errorf("%d flows", n)
			}
			if _, err := e.GetFlow(t.Context(), id); err != nil {
				t.Errorf("the version before: %v", err)
			}
		})
	}
}

func TestRegistrationOfWhatCannotBe(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{BodyLimit: 20_000})
	project := e.project(t, "p")
	storage := smallFlow("f")
	storage["storage"] = incompressible(map[string]any{"tasks": []any{map[string]any{}}}, 40_000)
	wrong := smallFlow("f")
	wrong["tasks"] = "none"
	for name, c := range map[string]struct {
		flow map[string]any
		kind error
		says string
	}{
		"huge storage":  {storage, prefect.ErrTooLarge, "even without its tasks"},
		"one huge task": {incompressible(flowOf("f", 2), 40_000), prefect.ErrTooLarge, "one task or edge alone"},
		"nothing":       {nil, prefect.ErrInvalid, "needs a project and a flow"},
		"not a number":  {map[string]any{"name": "f", "x": json.Number("NaN")}, prefect.ErrInvalid, "JSON"},
		"tasks no list": {wrong, prefect.ErrInvalid, ""},
	} {
		_, err := e.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: c.flow, IdempotencyKey: "k"})
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := e.count(t, "flow", ""); n != 0 {
		t.Errorf("%d flows", n)
	}
}

// The real Server stores the key before the flow: a registration that failed in between makes its repetition look like
// "nothing changed". A proxy plays that Server here.
func TestRegistrationIsNotFooledByAStoredKey(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	project := e.project(t, "p")
	old, err := e.RegisterFlow(ctx, prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: smallFlow("f"), IdempotencyKey: "old"})
	check(t, err)
	target, err := url.Parse(e.url)
	check(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var n atomic.Int64
	front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if strings.Contains(string(body), "create_flow_from_compressed_string(") {
			switch n.Add(1) {
			case 1: // the key is stored, the flow is not
				w.WriteHeader(http.StatusGatewayTimeout)
				return
			case 2: // the key is the same: the old flow comes back
				_, _ = io.WriteString(w, `{"data":{"create_flow_from_compressed_string":{"id":"`+old+`"}}}`)
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	c := newClient(t, prefect.Config{Endpoint: front, Sleep: noSleep})
	id, err := c.RegisterFlow(ctx, prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: flowOf("f", 5), IdempotencyKey: "new"})
	check(t, err)
	flow, err := e.GetFlow(ctx, id)
	check(t, err)
	if id == old || flow.TaskCount != 5 || flow.Archived || flow.Group.Settings.IdempotencyKey != "new" {
		t.Errorf("registered %+v", flow)
	}
}

// A run that the Server made but gave no state is made anew, under the same key.
func TestRunWithoutStateIsReplaced(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	flow := e.flow(t, e.project(t, "p"), "f")
	var broken atomic.Value
	broken.Store("")
	front := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rec := postTo(r.Context(), e.url, string(body))
		switch {
		case strings.Contains(string(body), "create_flow_run(") && broken.Load() == "":
			broken.Store(between(rec, `"id":"`, `"`))
			w.WriteHeader(http.StatusBadGateway)
		case strings.Contains(string(body), "NewestFlowRuns"):
			_, _ = io.WriteString(w, strings.ReplaceAll(rec, `"state":"Scheduled"`, `"state":null`))
		default:
			_, _ = io.WriteString(w, rec)
		}
	}))
	c := newClient(t, prefect.Config{Endpoint: front, Sleep: noSleep})
	id, err := c.CreateFlowRun(ctx, prefect.CreateFlowRunInput{FlowID: flow.ID, IdempotencyKey: "k"})
	check(t, err)
	if id == broken.Load() || e.count(t, "flow_run", "") != 1 {
		t.Errorf("run %s, broken %s", id, broken.Load())
	}
}

func postTo(ctx context.Context, target, body string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(answer)
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}
