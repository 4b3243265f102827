package serialization

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
)

// flowWith makes a small valid flow with some members replaced.
func flowWith(t *testing.T, members string) *Flow {
	t.Helper()
	base := `{"name": "f", "__version__": "1.4.1", "type": "prefect.core.flow.Flow", "reference_tasks": [], "schedule": null,
		"tasks": [{"slug": "a-1"}, {"slug": "b-1"}], "parameters": [{"name": "n", "slug": "n", "required": true}],
		"edges": [{"upstream_task": {"slug": "a-1"}, "downstream_task": {"slug": "b-1"}}],
		"run_config": {"type": "UniversalRun", "labels": ["z", "a", "z"]}, "storage": {"type": "Module"}`
	if members != "" {
		base += ", " + members
	}
	flow, err := ParseFlow([]byte(base+"}"), "")
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

// TestValidateFlow: each wrong flow yields one problem at one place, with a remedy.
func TestValidateFlow(t *testing.T) {
	t.Parallel()
	if err := flowWith(t, "").Validate(); err != nil {
		t.Fatal(err)
	}
	kubernetes := func(members string) string { return `"run_config": {"type": "KubernetesRun", ` + members + `}` }
	job := func(spec string) string {
		return kubernetes(`"job_template": {"spec": {"template": {"spec": ` + spec + `}}}`)
	}
	clock := func(clock string) string { return `"schedule": {"clocks": [` + clock + `]}` }
	for members, want := range map[string][2]string{ // path, part of the problem
		`"name": ""`:                 {"name", "must have a name"},
		`"tasks": null, "edges": []`: {"tasks", "must be a list"},
		`"tasks": [1], "edges": []`:  {"tasks[0]", "must be an object"},
		`"tasks": [{"slug": "a-1"}, {"slug": "b-1"}, {"slug": "a-1"}]`:                                                      {"tasks[2].slug", `"a-1" is already used by tasks[0]`},
		`"tasks": [{"slug": "a-1"}, {"slug": "b-1"}, {}]`:                                                                   {"tasks[2].slug", "must have a slug"},
		`"tasks": [{"slug": "a-1", "max_retries": 1.5}, {"slug": "b-1"}]`:                                                   {"tasks[0].max_retries", "whole number"},
		`"tasks": [{"slug": "a-1", "tags": "x"}, {"slug": "b-1"}]`:                                                          {"tasks[0].tags", "list of strings"},
		`"edges": [{"upstream_task": "a-1", "downstream_task": {"slug": "x"}}]`:                                             {"edges[0].downstream_task", `"x"`},
		`"edges": [{"upstream_task": "a-1"}]`:                                                                               {"edges[0].downstream_task", "by its slug"},
		`"edges": [{"upstream_task": "a-1", "downstream_task": "b-1"}, {"upstream_task": "b-1", "downstream_task": "a-1"}]`: {"edges", "a-1 -> b-1 -> a-1"},
		`"edges": [{"upstream_task": "a-1", "downstream_task": "a-1"}]`:                                                     {"edges", "a-1 -> a-1"},
		`"reference_tasks": [{"slug": "x"}]`:                                                                                {"reference_tasks[0]", `"x"`},
		`"parameters": [{"name": "n", "slug": "n"}, {"name": "n", "slug": "m"}]`:                                            {"parameters[1].name", "another parameter"},
		`"parameters": [{"slug": "n"}]`:                                                                                     {"parameters[0].name", "must have a name"},
		`"parameters": [{"name": "n"}]`:                                                                                     {"parameters[0].slug", "must have a slug"},
		`"storage": {"type": "Floppy"}`:                                                                                     {"storage.type", "Floppy"},
		`"storage": []`:                                                                                                     {"storage", "must be an object"},
		`"run_config": {"type": "LambdaRun"}`:                                                                               {"run_config.type", "LambdaRun"},
		`"run_config": "x"`:                                                                                                 {"run_config", "must be an object"},
		kubernetes(`"cpu_limit": "two"`):                                                                                    {"run_config.cpu_limit", "not a quantity"},
		kubernetes(`"memory_request": "-1Gi"`):                                                                              {"run_config.memory_request", "negative"},
		kubernetes(`"cpu_request": "2", "cpu_limit": "500m"`):                                                               {"run_config.cpu_request", "exceeds"},
		kubernetes(`"cpu_limit": 2`):                                                                                        {"run_config.cpu_limit", "must be a string"},
		kubernetes(`"env": {"A": 1}`):                                                                                       {"run_config.env.A", "must be a string"},
		kubernetes(`"env": {"A=B": "1"}`):                                                                                   {"run_config.env", "environment variable"},
		kubernetes(`"image": " x"`):                                                                                         {"run_config.image", "white space"},
		kubernetes(`"image_pull_policy": "always"`):                                                                         {"run_config.image_pull_policy", "always"},
		kubernetes(`"image_pull_secrets": ["a_b"]`):                                                                         {"run_config.image_pull_secrets[0]", "a_b"},
		kubernetes(`"image_pull_secrets": "a"`):                                                                             {"run_config.image_pull_secrets", "list of strings"},
		kubernetes(`"service_account_name": "A"`):                                                                           {"run_config.service_account_name", "service account"},
		kubernetes(`"labels": [""]`):                                                                                        {"run_config.labels[0]", "empty"},
		kubernetes(`"labels": null`):                                                                                        {"run_config.labels", "not null"},
		kubernetes(`"job_template": []`):                                                                                    {"run_config.job_template", "must be an object"},
		kubernetes(`"job_template_path": "job.yaml"`):                                                                       {"run_config.job_template_path", "cannot read"},
		kubernetes(`"job_template_path": "s3://b/j", "job_template": {}`):                                                   {"run_config.job_template_path", "cannot be combined"},
		kubernetes(`"job_template": {"kind": "Job"}`):                                                                       {"run_config.job_template.spec.template.spec", "no pod"},
		kubernetes(`"job_template": {"spec": {"backoffLimit": "x"}}`):                                                       {"run_config.job_template.spec.backoffLimit", "string"},
		job(`{"containers": []}`):                                                                                           {"run_config.job_template.spec.template.spec.containers", "no container"},
		job(`{"containers": [{"name": "A"}]}`):                                                                              {"run_config.job_template.spec.template.spec.containers[0].name", "container"},
		job(`{"containers": [{"name": "a"}, {"name": "a", "image": "i"}]}`):                                                 {"run_config.job_template.spec.template.spec.containers[1].name", "another container"},
		job(`{"containers": [{"name": "a"}, {"name": "b"}]}`):                                                               {"run_config.job_template.spec.template.spec.containers[1].image", "no image"},
		job(`{"containers": [{"name": "a", "imagee": "i"}]}`):                                                               {"run_config.job_template", "imagee"},
		job(`{"restartPolicy": "Always", "containers": [{"name": "a"}]}`):                                                   {"run_config.job_template.spec.template.spec.restartPolicy", "Always"},
		`"schedule": []`: {"schedule", "must be an object"},
		`"schedule": {}`: {"schedule.clocks", "list of clocks"},
		`"schedule": {"clocks": [], "filters": null}`:                                                                          {"schedule.filters", "list of functions, not nothing (null)"},
		`"schedule": {"clocks": [], "or_filters": [null]}`:                                                                     {"schedule.or_filters[0]", "prefect.schedules.filters"},
		`"schedule": {"clocks": [], "not_filters": [{"fn": "mine.filter"}]}`:                                                   {"schedule.not_filters[0]", "prefect.schedules.filters"},
		`"schedule": {"clocks": [], "adjustments": [{"fn": "prefect.schedules.filters.is_weekday"}]}`:                          {"schedule.adjustments[0]", "prefect.schedules.adjustments"},
		clock(`{"type": "SunClock"}`):                                                                                          {"schedule.clocks[0].type", "SunClock"},
		clock(`{"type": "IntervalClock", "interval": 59999999}`):                                                               {"schedule.clocks[0].interval", "minute"},
		clock(`{"type": "IntervalClock"}`):                                                                                     {"schedule.clocks[0].interval", "whole number"},
		clock(`{"type": "CronClock", "cron": "* * * *"}`):                                                                      {"schedule.clocks[0].cron", "4 fields"},
		clock(`{"type": "CronClock", "cron": "61 * * * *"}`):                                                                   {"schedule.clocks[0].cron", "61"},
		clock(`{"type": "CronClock", "cron": "* * * * *", "start_date": {"dt": "2026-01-02T00:00:00", "tz": "Mars/Olympus"}}`): {"schedule.clocks[0].start_date.tz", "Mars/Olympus"},
		clock(`{"type": "CronClock", "cron": "* * * * *", "parameter_defaults": []}`):                                          {"schedule.clocks[0].parameter_defaults", "object"},
		clock(`{"type": "CronClock", "cron": "* * * * *", "parameter_defaults": null}`):                                        {"schedule.clocks[0].parameter_defaults", "nothing (null)"},
		clock(`{"type": "CronClock", "cron": "* * * * *", "parameter_defaults": {"n": null, "m": 1}}`):                         {"schedule.clocks[0].parameter_defaults.n", "null"},
		clock(`{"type": "CronClock", "cron": "0 0 ? * *"}`):                                                                    {"schedule.clocks[0].cron", "?"},
		`"description": "a\u0000b"`:                                                                                            {"description", "NUL"},
		`"description": "\ud800"`:                                                                                              {"description", "surrogate"},
		`"extra": {"x": [NaN]}`:                                                                                                {"extra.x[0]", "finite"},
	} {
		err := flowWith(t, members).Validate()
		problems := Problems(err)
		if len(problems) != 1 {
			t.Errorf("%s: %d problems: %v", members, len(problems), err)
			continue
		}
		p := problems[0]
		if p.Path != want[0] || !strings.Contains(p.Problem, want[1]) || p.Remedy == "" || !strings.Contains(err.Error(), p.Path) {
			t.Errorf("%s: path %q, problem %q, remedy %q", members, p.Path, p.Problem, p.Remedy)
		}
		if !errors.Is(err, ErrInvalidFlow) && !errors.Is(err, ErrInvalidRunConfig) {
			t.Errorf("%s: kind of %v", members, err)
		}
	}
}

func TestCheckCron(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"* * * * *", "0 9 * * 1-5", "*/5 * * * *", "0 0 1 jan mon", "@daily", "0 0 * * 7", "0 0 * * 5-7", "0 0 l * *", "0 0 * * fri#2", "0 0 * * * */15", "0 0 * * L5", "0 0 29 2 *", "0 0 * * sat-sun", "0 0 1,15,L * *", "0 0 * * 6-7/1"} {
		if err := CheckCron(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "* * * *", "60 * * * *", "a b c d e", "@sometimes", "0 0 * * 8", "0 0 * * * 70", "0 0 * * * * *", "0 0 ? * *", "0 0 30 2 *", "0 0 30 2 mon", "0 0 * * 5#2,1", "0 0 * * 1-5,L6", "h h * * *"} {
		if err := CheckCron(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestActivation(t *testing.T) {
	t.Parallel()
	type clocks = []map[string]any
	with, without := map[string]any{"n": nil, "other": 1}, map[string]any{"other": 1}
	for name, c := range map[string]struct {
		flow, group clocks
		defaults    map[string]any
		counted     []string
		schedule    bool
		missing     string
	}{
		"nothing":                           {},
		"a flow's clocks":                   {flow: clocks{with, with}, schedule: true},
		"one clock lacks it":                {flow: clocks{with, without}, schedule: true, missing: "n"},
		"the group's defaults have it":      {flow: clocks{nil}, defaults: map[string]any{"n": nil}, schedule: true},
		"the group's clock lacks it":        {group: clocks{without}, schedule: true, missing: "n"},
		"the group's clock has it":          {group: clocks{with}, schedule: true},
		"the flow's replaced clock lacks":   {group: clocks{with}, flow: clocks{nil}, schedule: true, missing: "n"},
		"the group's lacks, the flow's not": {group: clocks{nil}, flow: clocks{with}, schedule: true, missing: "n"},
		"a schedule without clocks":         {group: clocks{}, schedule: true},
		"a default, and the group's clock":  {group: clocks{without}, counted: []string{"n"}, schedule: true},
		"a default, and the flow's clock":   {flow: clocks{without}, counted: []string{"n"}, schedule: true, missing: "n"},
	} {
		a := Activation{FlowClocks: c.flow, GroupClocks: c.group, GroupDefaults: c.defaults, Required: []string{"n"}, Counted: c.counted}
		if got := strings.Join(a.Missing(), ","); got != c.missing || a.HasSchedule() != c.schedule {
			t.Errorf("%s: missing %q, has a schedule: %v", name, got, a.HasSchedule())
		}
	}
	flow := flowWith(t, `"schedule": {"clocks": [{"parameter_defaults": {"n": 1}}, {}]}`)
	if got := ClockDefaults(flow.Schedule()); len(got) != 2 || got[0]["n"] == nil || got[1] != nil {
		t.Errorf("defaults of clocks: %v", got)
	}
	if got := ClockDefaults(flowWith(t, "").Schedule()); got != nil {
		t.Errorf("defaults without a schedule: %v", got)
	}
}

// The Server's Python takes what counts for true.
func TestDefaultCounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`null`: false, `false`: false, `0`: false, `0.0`: false, `-0.0`: false, `""`: false, `[]`: false, `{}`: false,
		`true`: true, `1`: true, `0.1`: true, `1e400`: true, `"0"`: true, `[null]`: true, `{"a": null}`: true,
	} {
		value, err := Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := DefaultCounts(value); got != want {
			t.Errorf("%s counts: %t", text, got)
		}
	}
	flow := flowWith(t, `"parameters": [{"name": "a", "required": true, "default": 1}, {"name": "b", "required": true, "default": 0}, {"name": "c", "required": false, "default": 1}]`)
	if got := flow.CountedDefaults(); len(got) != 1 || got[0] != "a" {
		t.Errorf("got %v", got)
	}
}

func TestParseFlow(t *testing.T) {
	t.Parallel()
	const two = `{"version": 1, "flows": [{"name": "a"}, {"name": "b"}]}`
	for input, want := range map[[2]string]struct {
		name string
		kind error
		says string
	}{
		{`{"name": "a"}`, ""}:                            {"a", nil, ""},
		{`{"name": "a"}`, "a"}:                           {"a", nil, ""},
		{`{"name": "a"}`, "b"}:                           {"", ErrFlowNotFound, `named "a", not "b"`},
		{`{"version": 1, "flows": [{"name": "a"}]}`, ""}: {"a", nil, ""},
		{two, "b"}:                          {"b", nil, ""},
		{two, ""}:                           {"", ErrAmbiguousFlow, `"a", "b"`},
		{two, "c"}:                          {"", ErrFlowNotFound, `"a", "b"`},
		{`{"version": 1, "flows": []}`, ""}: {"", ErrFlowNotFound, "contains no flow"},
		{`{"version": 1, "flows": [{"name": "a"}, {"name": "a"}]}`, "a"}: {"", ErrAmbiguousFlow, "2 flows named"},
		{`{"version": 2, "flows": []}`, ""}:                              {"", ErrDocumentVersion, "version 2"},
		{`{"version": "x", "flows": []}`, ""}:                            {"", ErrDocumentVersion, `"x"`},
		{`{"flows": []}`, ""}:                                            {"", ErrDocument, "state its version"},
		{`{"version": 1}`, ""}:                                           {"", ErrDocument, "list of flows"},
		{`{"version": 1, "flows": [], "x": 1}`, ""}:                      {"", ErrDocument, "only the properties"},
		{`{"version": 1, "flows": [1]}`, ""}:                             {"", ErrDocument, "flows[0]"},
		{`{"version": 1, "flows": [{"name": 1}]}`, ""}:                   {"", ErrDocument, "flows[0].name"},
		{`{}`, ""}:                 {"", ErrDocument, "name"},
		{`[]`, ""}:                 {"", ErrDocument, "a list"},
		{`{"name": `, ""}:          {"", ErrSyntax, "line 1, column 10"},
		{"{\n \"a\": 1\n}\nx", ""}: {"", ErrSyntax, "line 4, column 1"},
		{"\"\xff\"", ""}:           {"", ErrSyntax, "UTF-8"},
	} {
		flow, err := ParseFlow([]byte(input[0]), input[1])
		switch {
		case want.kind == nil && (err != nil || flow.Name() != want.name):
			t.Errorf("%v: %v", input, err)
		case want.kind != nil && (!errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.says)):
			t.Errorf("%v: got %v", input, err)
		}
	}
}

// TestFlowIsImmutable: neither With methods nor what accessors return change a flow.
func TestFlowIsImmutable(t *testing.T) {
	t.Parallel()
	flow := flowWith(t, "")
	before, err := flow.Key()
	if err != nil {
		t.Fatal(err)
	}
	if tasks, ok := flow.Map()["tasks"].([]any); ok {
		tasks[0] = nil
	}
	flow.RunConfig()["labels"] = nil
	flow.Tasks()[0]["slug"] = "x"
	labelled := flow.WithLabels([]string{"b", "a"})
	if got := strings.Join(labelled.Labels(), ","); got != "a,b,z" {
		t.Errorf("labels %s", got)
	}
	if labelled.WithRunConfig(nil).RunConfig() != nil || labelled.WithoutGraph().TaskCount() != 0 {
		t.Error("run config or tasks remain")
	}
	if bare := labelled.WithRunConfig(nil); bare.WithLabels(nil).RunConfig() != nil || bare.WithLabels([]string{"x"}).RunConfig()["type"] != "UniversalRun" {
		t.Error("labels of a flow without run config")
	}
	if after, err := flow.Key(); err != nil || after != before {
		t.Errorf("the flow changed: %v", err)
	}
	if p := flow.Parameters(); len(p) != 1 || !p[0].Required || p[0].Name != "n" || flow.CoreVersion() != "1.4.1" {
		t.Errorf("parameters %+v", p)
	}
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	flow := flowWith(t, "")
	packed, err := flow.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	want, err := flow.MarshalJSON()
	if err != nil || !bytes.Equal(text, want) {
		t.Errorf("got %s (%v)", text, err)
	}
	if size, err := flow.Size(); err != nil || size.JSON != len(text) || size.Compressed != len(packed) {
		t.Errorf("size %+v, %v", size, err)
	}
}

// TestKubernetesRunRoundTrip: every recorded run configuration is read and written back as it was.
func TestKubernetesRunRoundTrip(t *testing.T) {
	t.Parallel()
	doc, err := ParseDocument(read(t, "flows.json"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, flow := range doc.Flows {
		config := flow.RunConfig()
		if config["type"] != "KubernetesRun" {
			continue
		}
		count++
		parsed, err := ParseKubernetesRun(config)
		if err != nil {
			t.Fatal(err)
		}
		written, err := parsed.Serialize(flow.CoreVersion())
		if err != nil {
			t.Fatal(err)
		}
		want, err := Canonical(config)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Canonical(written); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", flow.Name(), got, want)
		}
	}
	if count < 8 {
		t.Errorf("only %d", count)
	}
	if _, err := ParseKubernetesRun(map[string]any{"type": "DockerRun"}); !errors.Is(err, ErrInvalidRunConfig) {
		t.Errorf("got %v", err)
	}
}
