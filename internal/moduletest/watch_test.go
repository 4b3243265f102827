package moduletest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// watched is a line of the chart's CronJob, as the alerts of modules/alerts read it.
type watched struct {
	Watch  int      `json:"prefect_watch"`
	Silent []string `json:"silent_agents"`
	Late   int      `json:"late_runs"`
	Oldest int      `json:"late_seconds"`
	Error  string   `json:"error"`
}

// TestWatch runs what the chart's CronJob runs. The Server's clock is ten minutes
// behind while it is given what happened ten minutes ago.
func TestWatch(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no Python")
	}
	var behind time.Duration
	server, err := prefectserver.New(prefectserver.Options{Clock: func() time.Time { return time.Now().Add(-behind) }})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(listener.Close)
	do := graphQL(t, listener.URL)
	type input = map[string]any
	tenant := do("create_tenant", input{"name": "T", "slug": "t"}, nil)
	project := do("create_project", input{"name": "P", "tenant_id": tenant}, nil)
	flow := do("create_flow", input{
		"project_id": project, "serialized_flow": input{"name": "f", "tasks": []any{}, "edges": []any{}, "type": "prefect.core.flow.Flow"},
	}, nil)
	agent := func(name string) http.Header {
		id := do("register_agent", input{"type": "KubernetesAgent", "name": name, "labels": []string{name}, "tenant_id": tenant}, nil)
		return http.Header{"X-Prefect-Agent-Id": {id}}
	}
	ask := func(header http.Header) {
		do("get_runs_in_queue", input{"tenant_id": tenant, "labels": []string{"none"}}, header)
	}
	look := func(want watched) {
		t.Helper()
		script, err := os.ReadFile(filepath.Join(root(t), "modules/prefect-server/charts/prefect-server/files/watch.py"))
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), python, "-c", string(script)) //nolint:gosec // a file of this repository
		command.Env = append(os.Environ(), "PREFECT__CLOUD__API="+listener.URL, `AGENTS=["one", "two"]`, "LATE_AFTER_SECONDS=300", "SILENT_AFTER_SECONDS=300")
		output, err := command.Output()
		if (err != nil) != (want.Error != "") {
			t.Errorf("it ended with %v", err)
		}
		var got watched
		if err := json.Unmarshal(output, &got); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if want.Error != "" && got.Error != "" {
			got.Error = want.Error // in Python's words
		}
		if want.Oldest > 0 && got.Oldest >= want.Oldest && got.Oldest < want.Oldest+60 {
			got.Oldest = want.Oldest
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("it wrote %s, want %+v", output, want)
		}
	}
	look(watched{Watch: 1, Silent: []string{"one", "two"}}) // never seen

	behind = 10 * time.Minute
	one, two := agent("one"), agent("two")
	ask(one)
	ask(two)
	do("create_flow_run", input{"flow_id": flow}, nil)
	waiting := do("create_flow_run", input{"flow_id": flow}, nil)
	do("set_flow_run_states", input{"states": []any{input{"flow_run_id": waiting, "state": input{"type": "Submitted"}}}}, nil)
	putOff := do("create_flow_run", input{"flow_id": flow}, nil)
	do("set_flow_run_states", input{"states": []any{input{
		"flow_run_id": putOff, "state": input{"type": "Scheduled", "start_time": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)},
	}}}, nil)
	running := do("create_flow_run", input{"flow_id": flow}, nil)
	do("set_flow_run_states", input{"states": []any{input{"flow_run_id": running, "state": input{"type": "Running"}}}}, nil)
	behind = 0
	ask(two)
	do("create_flow_run", input{"flow_id": flow}, nil) // it is time, but not for long
	look(watched{Watch: 1, Silent: []string{"one"}, Late: 2, Oldest: 600})

	ask(one)
	look(watched{Watch: 1, Silent: []string{}, Late: 2, Oldest: 600})

	listener.Close()
	look(watched{Watch: 1, Silent: []string{}, Error: "refused"})
}

// graphQL returns a function that sends a mutation with an input and returns the id
// of what it made.
func graphQL(t *testing.T, address string) func(mutation string, input map[string]any, header http.Header) string {
	t.Helper()
	return func(mutation string, input map[string]any, header http.Header) string {
		t.Helper()
		selection := " { id }"
		switch mutation {
		case "get_runs_in_queue":
			selection = " { flow_run_ids }"
		case "set_flow_run_states":
			selection = " { states { id } }"
		}
		body, err := json.Marshal(map[string]any{
			"query": "mutation($input: " + mutation + "_input!) { " + mutation + "(input: $input)" + selection + " }", "variables": map[string]any{"input": input},
		})
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if header != nil {
			request.Header = header.Clone()
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var answer struct {
			Data map[string]struct {
				ID string `json:"id"`
			} `json:"data"`
			Errors []any `json:"errors"`
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Errors) > 0 {
			t.Fatalf("%s: %v %v", mutation, err, answer.Errors)
		}
		return answer.Data[mutation].ID
	}
}
