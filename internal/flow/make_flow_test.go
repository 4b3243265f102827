package flow

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// testFlow is a serialised flow of two tasks. edit changes it; nil leaves it.
func testFlow(t *testing.T, name string, edit func(flow map[string]any)) string {
	t.Helper()
	task := func(slug string) map[string]any {
		return map[string]any{
			"__version__": "1.4.1", "type": "prefect.tasks.core.function.FunctionTask", "name": slug[:len(slug)-2], "slug": slug,
			"auto_generated": false, "cache_for": nil, "cache_key": nil, "max_retries": 0, "retry_delay": nil,
			"skip_on_upstream_skip": true, "tags": []any{}, "timeout": nil, "inputs": map[string]any{}, "outputs": "typing.Any",
			"cache_validator": map[string]any{"fn": "prefect.engine.cache_validators.never_use", "kwargs": map[string]any{}},
			"trigger":         map[string]any{"fn": "prefect.triggers.all_successful", "kwargs": map[string]any{}},
		}
	}
	end := func(slug string) map[string]any { return map[string]any{"__version__": "1.4.1", "slug": slug} }
	flow := map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": name,
		"tasks": []any{task("extract-1"), task("load-1")},
		"edges": []any{map[string]any{
			"__version__": "1.4.1", "upstream_task": end("extract-1"), "downstream_task": end("load-1"),
			"key": nil, "mapped": false, "flattened": false,
		}},
		"parameters": []any{}, "reference_tasks": []any{}, "schedule": nil,
		"run_config": map[string]any{"__version__": "1.4.1", "type": "UniversalRun", "env": nil, "labels": []any{}},
		"storage": map[string]any{
			"__version__": "1.4.1", "type": "Local", "directory": "/flows", "flows": map[string]any{}, "path": nil,
			"secrets": []any{}, "stored_as_script": false,
		},
	}
	if edit != nil {
		edit(flow)
	}
	return encode(t, flow)
}

// withParameter adds a parameter; a nil value makes it required.
func withParameter(name string, value any) func(map[string]any) {
	return func(flow map[string]any) {
		flow["parameters"] = append(elements(flow["parameters"]), map[string]any{
			"__version__": "1.4.1", "type": "prefect.core.parameter.Parameter", "name": name, "slug": name, "outputs": "typing.Any",
			"tags": []any{}, "required": value == nil, "default": value,
		})
		flow["tasks"] = append(elements(flow["tasks"]), map[string]any{"name": name, "slug": name, "type": "prefect.core.parameter.Parameter"})
	}
}

// withCron gives the flow a schedule.
func withCron(cron string, defaults map[string]any) func(map[string]any) {
	if defaults == nil {
		defaults = map[string]any{} // as the client writes it; the Server refuses null
	}
	return func(flow map[string]any) {
		flow["schedule"] = map[string]any{
			"__version__": "1.4.1", "type": "Schedule", "filters": []any{}, "or_filters": []any{}, "not_filters": []any{}, "adjustments": []any{},
			"clocks": []any{map[string]any{
				"__version__": "1.4.1", "type": "CronClock", "cron": cron, "day_or": true, "start_date": nil,
				"end_date": nil, "labels": nil, "parameter_defaults": defaults,
			}},
		}
	}
}

// withTag marks a flow, which gives it another key.
func withTag(tag string) func(map[string]any) {
	return func(flow map[string]any) {
		object(elements(flow["tasks"])[0])["tags"] = []any{tag}
	}
}

func all(edits ...func(map[string]any)) func(map[string]any) {
	return func(flow map[string]any) {
		for _, edit := range edits {
			edit(flow)
		}
	}
}

// object and elements are a decoded value of that type, nil if it has another.
func object(v any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return m
}

func elements(v any) []any {
	l, ok := v.([]any)
	if !ok {
		return nil
	}
	return l
}

// document is a build document of serialised flows.
func document(t *testing.T, version int, flows ...string) string {
	t.Helper()
	raw := make([]json.RawMessage, 0, len(flows))
	for _, f := range flows {
		raw = append(raw, json.RawMessage(f))
	}
	return encode(t, map[string]any{"version": version, "flows": raw})
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func golden(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/flows.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// noInputs are inputs of which only the flow is given.
func noInputs(flow string) inputs {
	return inputs{
		FlowJSON:  framework.JSONString(flow),
		Name:      types.StringNull(),
		Labels:    types.SetNull(types.StringType),
		RunConfig: runconfig.Null(),
	}
}

// noRun is a runconfig.Kubernetes with nothing set.
func noRun() runconfig.Kubernetes {
	return runconfig.Kubernetes{
		JobTemplate:      framework.JSONNull(),
		Env:              types.MapNull(types.StringType),
		ImagePullSecrets: types.ListNull(types.StringType),
		Labels:           types.SetNull(types.StringType),
	}
}

func withRun(t *testing.T, in inputs, edit func(*runconfig.Kubernetes)) inputs {
	t.Helper()
	run := noRun()
	edit(&run)
	object, diags := run.Value(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	in.RunConfig = object
	return in
}

func labelSet(t *testing.T, labels ...string) types.Set {
	t.Helper()
	set, diags := types.SetValueFrom(t.Context(), types.StringType, labels)
	if diags.HasError() {
		t.Fatal(diags)
	}
	return set
}
