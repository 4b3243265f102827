package serialization_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// describedFlow is a flow for descriptions; edit changes it.
func describedFlow(t *testing.T, edit func(map[string]any)) *serialization.Flow {
	t.Helper()
	task := func(name string) map[string]any {
		return map[string]any{
			"__version__": "1.4.1", "type": "prefect.tasks.core.function.FunctionTask", "name": name, "slug": name + "-1", "max_retries": json.Number("0"),
			"tags": []any{}, "timeout": nil, "trigger": map[string]any{"fn": "prefect.triggers.all_successful", "kwargs": map[string]any{}},
		}
	}
	flow := map[string]any{
		"__version__": "1.4.1", "type": "prefect.core.flow.Flow", "name": "etl",
		"tasks":      []any{task("extract"), task("transform"), task("load"), map[string]any{"name": "day", "slug": "day", "type": "prefect.core.parameter.Parameter"}},
		"edges":      []any{edgeBetween("extract-1", "transform-1", nil), edgeBetween("transform-1", "load-1", "rows")},
		"parameters": []any{map[string]any{"name": "day", "slug": "day", "required": false, "default": json.Number("1.0")}},
		"schedule":   nil, "reference_tasks": []any{},
		"run_config": map[string]any{
			"__version__": "1.4.1", "type": "KubernetesRun", "image": "etl:1", "labels": []any{"k8s"}, "env": map[string]any{"TOKEN": "secret-1", "A": "x"},
			"cpu_limit": nil, "job_template": map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
				"containers": []any{map[string]any{"env": []any{map[string]any{"name": "P", "value": "secret-2"}}}},
			}}}},
		},
		"storage": map[string]any{"__version__": "1.4.1", "type": "Docker", "image_name": "etl", "image_tag": "v1", "secrets": []any{}, "stored_as_script": true},
	}
	if edit != nil {
		edit(flow)
	}
	return serialization.NewFlow(flow)
}

func edgeBetween(from, to string, key any) map[string]any {
	end := func(slug string) map[string]any { return map[string]any{"__version__": "1.4.1", "slug": slug} }
	return map[string]any{
		"__version__": "1.4.1", "upstream_task": end(from), "downstream_task": end(to), "key": key, "mapped": false, "flattened": false,
	}
}

func at[T any](t *testing.T, v any, path ...any) T {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step] //nolint:errcheck // a test's own data
		case int:
			v = v.([]any)[step] //nolint:errcheck // a test's own data
		}
	}
	return v.(T) //nolint:errcheck // a test's own data
}

func cronSchedule(cron string) map[string]any {
	return map[string]any{"type": "Schedule", "filters": []any{}, "clocks": []any{map[string]any{
		"type": "CronClock", "cron": cron, "start_date": map[string]any{"dt": "2026-01-01T00:00:00", "tz": "Europe/Berlin"},
		"parameter_defaults": map[string]any{"day": json.Number("2")}, "labels": []any{"night"},
	}}}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		before, after func(map[string]any)
		want          []string
	}{
		"nothing": {},
		"numbers that the Server gives back in another form": {after: func(f map[string]any) {
			at[map[string]any](t, f, "parameters", 0)["default"] = json.Number("1")
			at[map[string]any](t, f, "tasks", 0)["max_retries"] = json.Number("0.0")
		}},
		"a task and another's retries": {
			after: func(f map[string]any) {
				at[map[string]any](t, f, "tasks", 1)["max_retries"] = json.Number("3")
				f["tasks"] = append(at[[]any](t, f, "tasks"), map[string]any{"name": "load_b", "slug": "load_b-1"})
			},
			want: []string{"tasks: + load_b, ~ transform: max_retries 0 -> 3"},
		},
		"a task goes, with its edge": {
			after: func(f map[string]any) {
				f["tasks"], f["edges"] = at[[]any](t, f, "tasks")[:2], at[[]any](t, f, "edges")[:1]
			},
			want: []string{"tasks: - load", "edges: - transform -> load.rows"},
		},
		"two members of a task": {
			after: func(f map[string]any) {
				task := at[map[string]any](t, f, "tasks", 0)
				task["timeout"], task["trigger"] = json.Number("60"), map[string]any{"fn": "prefect.triggers.any_failed", "kwargs": map[string]any{}}
			},
			want: []string{`tasks: ~ extract: timeout null -> 60 and trigger.fn "prefect.triggers.all_successful" -> "prefect.triggers.any_failed"`},
		},
		"two tasks of one name go by their slugs": {
			after: func(f map[string]any) {
				f["tasks"] = append(at[[]any](t, f, "tasks"), map[string]any{"name": "load", "slug": "load-2"})
			},
			want: []string{"tasks: + load-2"},
		},
		"edges": {
			after: func(f map[string]any) {
				at[map[string]any](t, f, "edges", 0)["mapped"] = true
				f["edges"] = append(at[[]any](t, f, "edges"), edgeBetween("extract-1", "load-1", nil))
			},
			want: []string{"edges: + extract -> load, ~ extract -> transform: mapped false -> true"},
		},
		"parameters": {
			after: func(f map[string]any) {
				at[map[string]any](t, f, "parameters", 0)["default"] = "monday"
				f["parameters"] = append(at[[]any](t, f, "parameters"), map[string]any{"name": "n", "slug": "n", "required": true})
			},
			want: []string{`parameters: + n (required), ~ day: default 1 -> "monday"`},
		},
		"a schedule comes": {
			after: func(f map[string]any) { f["schedule"] = cronSchedule("0 6 * * *") },
			want:  []string{`schedule: + cron "0 6 * * *" Europe/Berlin, parameters day, labels night`},
		},
		"a schedule changes": {
			before: func(f map[string]any) { f["schedule"] = cronSchedule("0 6 * * *") },
			after: func(f map[string]any) {
				f["schedule"] = map[string]any{"clocks": []any{map[string]any{"type": "IntervalClock", "interval": json.Number("3600000000")}}}
			},
			want: []string{`schedule: cron "0 6 * * *" Europe/Berlin, parameters day, labels night -> every 1h0m0s`},
		},
		"a schedule goes": {
			before: func(f map[string]any) { f["schedule"] = cronSchedule("0 6 * * *") },
			want:   []string{`schedule: - cron "0 6 * * *" Europe/Berlin, parameters day, labels night`},
		},
		"what a schedule gives a parameter": {
			before: func(f map[string]any) { f["schedule"] = cronSchedule("0 6 * * *") },
			after: func(f map[string]any) {
				f["schedule"] = cronSchedule("0 6 * * *")
				at[map[string]any](t, f, "schedule", "clocks", 0, "parameter_defaults")["day"] = json.Number("3")
			},
			want: []string{"schedule: clocks[0].parameter_defaults.day 2 -> 3"},
		},
		"a run configuration, whose secrets stay secret": {
			after: func(f map[string]any) {
				config := at[map[string]any](t, f, "run_config")
				config["image"], config["env"] = "etl:2", map[string]any{"TOKEN": "secret-3", "B": "secret-4"}
				at[map[string]any](t, config, "job_template", "spec", "template", "spec")["containers"] = []any{map[string]any{"env": []any{"secret-5"}}}
			},
			want: []string{`run_config: - env.A, + env.B, ~ env.TOKEN, image "etl:1" -> "etl:2"`, "run_config: job_template.spec.template.spec.containers (changed)"},
		},
		"another type of run configuration": {
			before: func(f map[string]any) { delete(at[map[string]any](t, f, "run_config"), "job_template") },
			after: func(f map[string]any) {
				f["run_config"] = map[string]any{"type": "UniversalRun", "env": nil, "labels": []any{}}
			},
			want: []string{"run_config: KubernetesRun, env A TOKEN, image etl:1, labels k8s -> UniversalRun"},
		},
		"a run configuration comes and goes": {
			before: func(f map[string]any) { f["run_config"] = nil },
			after:  func(f map[string]any) { f["run_config"] = map[string]any{"type": "UniversalRun"}; f["storage"] = nil },
			want:   []string{"run_config: + UniversalRun", "storage: - Docker, image_name etl, image_tag v1, stored_as_script"},
		},
		"storage": {
			after: func(f map[string]any) { at[map[string]any](t, f, "storage")["image_tag"] = "v2" },
			want:  []string{`storage: image_tag "v1" -> "v2"`},
		},
		"another release of Prefect": {
			after: func(f map[string]any) {
				f["__version__"] = "1.4.2"
				for i := range 3 {
					at[map[string]any](t, f, "tasks", i)["__version__"] = "1.4.2"
				}
			},
			want: []string{`flow: Prefect "1.4.1" -> "1.4.2"`},
		},
		"reference tasks": {
			after: func(f map[string]any) { f["reference_tasks"] = []any{map[string]any{"slug": "load-1"}} },
			want:  []string{"reference_tasks: + load"},
		},
	}
	for name, c := range cases {
		got := serialization.Changes(describedFlow(t, c.before), describedFlow(t, c.after), true)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		if strings.Contains(strings.Join(got, ""), "secret-") {
			t.Errorf("%s: a secret is shown: %q", name, got)
		}
	}
	without := serialization.Changes(describedFlow(t, func(f map[string]any) { f["edges"] = []any{} }), describedFlow(t, nil), false)
	if len(without) > 0 {
		t.Errorf("edges that are not known differ: %q", without)
	}
}

// Descriptions stay short, whatever the size of a flow.
func TestDescriptionsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 1000)
	many := func(f map[string]any) {
		for i := range 5000 {
			name := fmt.Sprintf("task %d %s", i, long)
			f["tasks"] = append(at[[]any](t, f, "tasks"), map[string]any{"name": name, "slug": name + "-1"})
			f["edges"] = append(at[[]any](t, f, "edges"), edgeBetween(name+"-1", "load-1", nil))
			f["parameters"] = append(at[[]any](t, f, "parameters"), map[string]any{"name": name, "slug": name, "default": long})
			at[map[string]any](t, f, "run_config", "env")[name] = "x"
		}
		at[map[string]any](t, f, "storage")["image_name"] = long
	}
	small, large := describedFlow(t, nil), describedFlow(t, many)
	for _, lines := range [][]string{serialization.Changes(small, large, true), serialization.Changes(large, small, true)} {
		if text := strings.Join(lines, "\n"); len(lines) > 90 || len(text) > 12000 || !strings.Contains(text, "and 4980 more") {
			t.Errorf("%d lines, %d bytes:\n%s", len(lines), len(text), text)
		}
	}
	s := large.Summarize()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 4000 || len(s.Tasks) != 4 || len(s.Parameters) != 4 || s.Tasks[3] != "and 5000 more" {
		t.Errorf("%d bytes: %s", len(raw), raw)
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	s := describedFlow(t, func(f map[string]any) {
		f["schedule"] = cronSchedule("0 6 * * *")
		f["parameters"] = append(at[[]any](t, f, "parameters"), map[string]any{"name": "n", "slug": "n", "required": true})
	}).Summarize()
	for name, c := range map[string]struct{ got, want any }{
		"tasks":      {s.Tasks, []string{"extract (extract-1)", "transform (transform-1)", "load (load-1)"}},
		"parameters": {s.Parameters, []string{"day = 1", "n (required)"}},
		"schedule":   {s.Schedule, `cron "0 6 * * *" Europe/Berlin, parameters day, labels night`},
		"run_config": {s.RunConfig, "KubernetesRun, env A TOKEN, image etl:1, job_template spec, labels k8s"},
		"storage":    {s.Storage, "Docker, image_name etl, image_tag v1, stored_as_script"},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
	if empty := serialization.NewFlow(map[string]any{"name": "f"}).Summarize(); fmt.Sprint(empty) != fmt.Sprint(serialization.Summary{}) {
		t.Errorf("of nothing: %+v", empty)
	}
}
