package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// coreVersion is the Prefect release whose agent this one stands in for.
const coreVersion = "1.4.1"

// maxAnswer is the maximum number of bytes read from a response.
const maxAnswer = 64 << 20

// api speaks the part of the Server's GraphQL that an agent needs.
type api struct {
	url     string
	client  *http.Client
	headers map[string]string
	agentID string // after registration
}

// graphQLError is an error that the API returned.
type graphQLError struct{ Messages []string }

// errNoTenant means that the Server has no tenant yet.
var errNoTenant = errors.New("the Server has no tenant; create one first")

func (e *graphQLError) Error() string { return strings.Join(e.Messages, "; ") }

func (a *api) do(ctx context.Context, query string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	for name, value := range a.headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Prefect-Core-Version", coreVersion)
	if a.agentID != "" {
		request.Header.Set("X-Prefect-Agent-Id", a.agentID)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return decodeAnswer(response.Status, data, out)
}

func decodeAnswer(status string, data []byte, out any) error {
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return fmt.Errorf("the API answered %s with something that is not JSON: %w", status, err)
	}
	if len(answer.Errors) > 0 {
		e := &graphQLError{}
		for _, one := range answer.Errors {
			e.Messages = append(e.Messages, one.Message)
		}
		return e
	}
	decoder := json.NewDecoder(bytes.NewReader(answer.Data))
	decoder.UseNumber() // run configurations and states go out again as they came in
	if err := decoder.Decode(out); err != nil {
		return fmt.Errorf("the API answered %s with unexpected data: %w", status, err)
	}
	return nil
}

func (a *api) firstTenant(ctx context.Context) (string, error) {
	var out struct {
		Tenant []struct{ ID string }
	}
	if err := a.do(ctx, "query { tenant(order_by: {slug: asc}, limit: 1) { id } }", nil, &out); err != nil {
		return "", err
	}
	if len(out.Tenant) == 0 {
		return "", errNoTenant
	}
	return out.Tenant[0].ID, nil
}

func (a *api) registerAgent(ctx context.Context, tenantID, name string, labels []string) (string, error) {
	var out struct {
		Agent struct{ ID string } `json:"register_agent"`
	}
	err := a.do(ctx, "mutation($input: register_agent_input!) { register_agent(input: $input) { id } }", input(map[string]any{
		"type": "KubernetesAgent", "name": name, "labels": orEmpty(labels), "tenant_id": tenantID, "agent_config_id": nil,
	}), &out)
	if err == nil && out.Agent.ID == "" {
		err = &graphQLError{Messages: []string{"Error registering agent"}}
	}
	return out.Agent.ID, err
}

func (a *api) readyRuns(ctx context.Context, tenantID string, labels []string, before time.Time) ([]string, error) {
	var out struct {
		Queue struct {
			IDs []string `json:"flow_run_ids"`
		} `json:"get_runs_in_queue"`
	}
	err := a.do(ctx, "mutation($input: get_runs_in_queue_input!) { get_runs_in_queue(input: $input) { flow_run_ids } }", input(map[string]any{
		"before": isoTime(before), "labels": orEmpty(labels), "tenant_id": tenantID,
	}), &out)
	return out.Queue.IDs, err
}

// flowRun is what the agent asks of a run it takes from the queue.
type flowRun struct {
	ID        string
	Version   json.Number
	State     map[string]any `json:"serialized_state"`
	RunConfig map[string]any `json:"run_config"`
	Flow      struct {
		ID          string
		CoreVersion string         `json:"core_version"`
		Storage     map[string]any `json:"storage"`
	}
	TaskRuns []taskRun `json:"task_runs"`
}

type taskRun struct {
	ID      string
	Version json.Number
	State   map[string]any `json:"serialized_state"`
}

// runs returns the runs that no agent has taken since: Scheduled ones, and Running ones with a task whose retry is
// overdue, earliest first.
func (a *api) runs(ctx context.Context, ids []string, retriesBefore time.Time) ([]flowRun, error) {
	quoted, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	retries := fmt.Sprintf("{state_start_time: {_lte: %q}}", isoTime(retriesBefore))
	query := fmt.Sprintf(`query {
  flow_run(where: {id: {_in: %s}, _or: [{state: {_eq: "Scheduled"}}, {state: {_eq: "Running"}, task_runs: %s}]}) {
    id version serialized_state run_config
    flow { id core_version storage }
    task_runs(where: %s) { id version serialized_state }
  }
}`, quoted, retries, retries)
	var out struct {
		FlowRun []flowRun `json:"flow_run"`
	}
	if err := a.do(ctx, query, nil, &out); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.FlowRun, func(x, y flowRun) int { return startOf(x.State).Compare(startOf(y.State)) })
	return out.FlowRun, nil
}

// runState returns the type of a run's current state, and false if the run does not exist.
func (a *api) runState(ctx context.Context, id string) (string, bool, error) {
	var out struct {
		Run *struct {
			State map[string]any `json:"serialized_state"`
		} `json:"flow_run_by_pk"`
	}
	if err := a.do(ctx, fmt.Sprintf("query { flow_run_by_pk(id: %q) { serialized_state } }", id), nil, &out); err != nil {
		return "", false, err
	}
	if out.Run == nil {
		return "", false, nil
	}
	return typeOf(out.Run.State), true, nil
}

func (a *api) setRunState(ctx context.Context, id string, version json.Number, state map[string]any) error {
	return a.setStates(ctx, "set_flow_run_states", version, map[string]any{"flow_run_id": id, "state": state})
}

func (a *api) setTaskState(ctx context.Context, id string, version json.Number, state map[string]any) error {
	return a.setStates(ctx, "set_task_run_states", version, map[string]any{"task_run_id": id, "state": state})
}

func (a *api) setStates(ctx context.Context, mutation string, version json.Number, entry map[string]any) error {
	if version != "" {
		entry["version"] = version
	}
	query := fmt.Sprintf("mutation($input: %[1]s_input!) { %[1]s(input: $input) { states { id status message } } }", mutation)
	var out map[string]any
	return a.do(ctx, query, input(map[string]any{"states": []any{entry}}), &out)
}

// logEntry is one line of a run's log. If Time is zero, the Server sets it.
type logEntry struct {
	Run, Name, Level, Message string
	Time                      time.Time
}

func (a *api) writeLog(ctx context.Context, entry logEntry) error {
	line := map[string]any{"flow_run_id": entry.Run, "name": entry.Name, "level": entry.Level, "message": entry.Message}
	if !entry.Time.IsZero() {
		line["timestamp"] = isoTime(entry.Time)
	}
	var out struct {
		Write struct{ Success bool } `json:"write_run_logs"`
	}
	err := a.do(ctx, "mutation($input: write_run_logs_input!) { write_run_logs(input: $input) { success } }",
		input(map[string]any{"logs": []any{line}}), &out)
	if err == nil && !out.Write.Success {
		err = errors.New("Writing logs failed.") //nolint:revive,staticcheck // the Python client's words
	}
	return err
}

func input(m map[string]any) map[string]any { return map[string]any{"input": m} }

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// isoTime writes a time as Python's isoformat does in UTC.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999-07:00") }

// newState makes a serialised state. The inner state is what a Submitted run was scheduled by.
func newState(kind, message string, inner map[string]any) map[string]any {
	state := map[string]any{
		"type": kind, "message": message, "__version__": coreVersion, "context": map[string]any{}, "cached_inputs": map[string]any{},
		"_result": map[string]any{"type": "NoResultType", "__version__": coreVersion},
	}
	if inner != nil {
		state["state"] = inner
	}
	return state
}

func typeOf(state map[string]any) string {
	s, _ := state["type"].(string)
	return s
}

// startOf returns the start time of a scheduled state, or the zero time if it has none.
func startOf(state map[string]any) time.Time {
	s, _ := state["start_time"].(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func isScheduled(state map[string]any) bool {
	return states.IsA(typeOf(state), states.Scheduled)
}
