package api_test

import (
	"strings"
	"testing"
	"time"
)

// group returns the id of the flow group of a flow.
func (s *server) group(flow string) string {
	s.Helper()
	id, _ := s.row("flow", flow)["flow_group_id"].(string)
	return id
}

func TestFlowGroupColumns(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	group := s.group(s.register("f", ""))
	for _, test := range []struct {
		mutation, column string
		fields           in
		want             any
	}{
		{"set_flow_group_labels", "labels", in{"labels": []any{"b", "a", "b"}}, []any{"a", "b"}},
		{"set_flow_group_labels", "labels", in{"labels": []any{}}, []any{}},
		{"set_flow_group_labels", "labels", in{"labels": nil}, nil},
		{"set_flow_group_labels", "labels", in{}, nil},
		{"set_flow_group_description", "description", in{"description": "d"}, "d"},
		{"set_flow_group_description", "description", in{"description": ""}, ""},
		{"set_flow_group_description", "description", in{}, nil},
		{"set_flow_group_run_config", "run_config", in{"run_config": map[string]any{"type": "X"}}, map[string]any{"type": "X"}},
		{"set_flow_group_run_config", "run_config", in{"run_config": nil}, nil},
		{"set_flow_group_default_parameters", "default_parameters", in{"parameters": map[string]any{"p": "1"}}, map[string]any{"p": "1"}},
	} {
		test.fields["flow_group_id"] = group
		s.success(true, test.mutation, test.fields)
		same(t, test.mutation, s.row("flow_group", group)[test.column], test.want)
		test.fields["flow_group_id"] = missing
		s.success(false, test.mutation, test.fields)
	}
}

func TestFlowSettings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	group := s.group(flow)
	for _, test := range []struct{ mutation, want string }{
		{"disable_flow_heartbeat", `{"disable_heartbeat": true, "heartbeat_enabled": false, "lazarus_enabled": true}`},
		{"disable_flow_lazarus_process", `{"disable_heartbeat": true, "heartbeat_enabled": false, "lazarus_enabled": false}`},
		{"enable_flow_heartbeat", `{"disable_heartbeat": false, "heartbeat_enabled": true, "lazarus_enabled": false}`},
		{"enable_flow_lazarus_process", `{"disable_heartbeat": false, "heartbeat_enabled": true, "lazarus_enabled": true}`},
	} {
		s.success(true, test.mutation, in{"flow_id": flow})
		want, _ := decode(t, test.want).(map[string]any)
		want["version_locking_enabled"] = false
		want["idempotency_key"] = nil
		same(t, test.mutation, s.row("flow_group", group)["settings"], want)
		s.refused("Invalid flow ID.", test.mutation, in{"flow_id": missing})
	}
}

func TestFlowGroupSchedule(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	group := s.group(s.register("f", ""))
	cron := func(expression string) []any { return []any{map[string]any{"cron": expression}} }
	interval := func(seconds int64) []any { return []any{map[string]any{"interval": seconds}} }
	for name, test := range map[string]struct {
		fields in
		want   string
	}{
		"both":  {in{"cron_clocks": cron("* * * * *"), "interval_clocks": interval(60)}, `{"type": "Schedule", "clocks": [{"type": "CronClock", "cron": "* * * * *", "start_date": null}, {"type": "IntervalClock", "interval": 60000000, "start_date": null}]}`},
		"none":  {in{}, `{"type": "Schedule", "clocks": []}`},
		"empty": {in{"interval_clocks": []any{map[string]any{"interval": int64(60), "parameter_defaults": map[string]any{}}}}, `{"type": "Schedule", "clocks": [{"type": "IntervalClock", "interval": 60000000, "start_date": null}]}`},
	} {
		test.fields["flow_group_id"] = group
		s.success(true, "set_flow_group_schedule", test.fields)
		same(t, name, s.row("flow_group", group)["schedule"], decode(t, test.want))
	}
	s.success(true, "set_flow_group_schedule", in{"flow_group_id": group, "timezone": "Europe/Berlin", "cron_clocks": []any{
		map[string]any{"cron": "0 9 * * 1-5", "parameter_defaults": map[string]any{"p": true}},
	}})
	document, _ := s.row("flow_group", group)["schedule"].(map[string]any)
	clocks, _ := document["clocks"].([]any)
	zoned, _ := clocks[0].(map[string]any)
	begin, _ := zoned["start_date"].(map[string]any)
	at, _ := begin["dt"].(string)
	if parsed, err := time.Parse("2006-01-02T15:04:05.000000", at); err != nil || parsed.Hour() != 13 || begin["tz"] != "Europe/Berlin" {
		t.Errorf("start %v", begin)
	}
	for message, fields := range map[string]in{
		"'NoneType' object is not iterable":                                                                                                            {"cron_clocks": nil},
		"Invalid timezone provided for schedule: Mars/Base":                                                                                            {"timezone": "Mars/Base"},
		"Invalid clock provided for schedule: {'type': 'IntervalClock', 'interval': 5000000, 'start_date': None}":                                      {"interval_clocks": interval(5)},
		"Invalid clock provided for schedule: {'type': 'CronClock', 'cron': 'nope', 'parameter_defaults': {'a': [1, None, True]}, 'start_date': None}": {"cron_clocks": []any{map[string]any{"cron": "nope", "parameter_defaults": decode(t, `{"a": [1, null, true]}`)}}},
	} {
		fields["flow_group_id"] = group
		s.refused(message, "set_flow_group_schedule", fields)
	}
	s.success(true, "delete_flow_group_schedule", in{"flow_group_id": group})
	same(t, "deleted", s.row("flow_group", group)["schedule"], nil)
	s.success(false, "delete_flow_group_schedule", in{"flow_group_id": missing})
}

const daily = `"schedule": {"clocks": [{"type": "CronClock", "cron": "0 0 * * *"}]}`

func TestActivation(t *testing.T) {
	t.Parallel()
	const required = `"parameters": [{"slug": "p", "name": "p", "required": true, "default": null}]`
	given := `"schedule": {"clocks": [{"type": "CronClock", "cron": "0 0 * * *", "parameter_defaults": {"p": 1}}]}`
	for name, test := range map[string]struct {
		flow   string
		active bool
		runs   int
	}{
		"no schedule":                 {`{}`, false, 0},
		"schedule":                    {`{` + daily + `}`, true, 10},
		"required parameter":          {`{` + daily + `, ` + required + `}`, false, 0},
		"required parameter is given": {`{` + given + `, ` + required + `}`, true, 10},
		"unreadable schedule":         {`{"schedule": {"clocks": [{"type": "SunDial"}]}}`, true, 0},
	} {
		s := newServer(t)
		flow := s.register("f", test.flow)
		same(t, name, s.row("flow", flow)["is_schedule_active"], test.active)
		if runs := s.rows("flow_run", "flow_id", flow); len(runs) != test.runs {
			t.Errorf("%s: %d runs", name, len(runs))
		}
	}
}

func TestScheduleSwitch(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.id("create_flow", in{"project_id": s.project, "serialized_flow": flowOf(t, "f", `{`+daily+`}`), "set_schedule_active": nil})
	same(t, "null leaves it off", s.row("flow", flow)["is_schedule_active"], false)
	s.success(true, "set_schedule_active", in{"flow_id": flow})
	adhoc := s.run(in{"flow_id": flow})
	s.success(true, "set_schedule_inactive", in{"flow_id": flow})
	if runs := s.rows("flow_run", "flow_id", flow); len(runs) != 1 || runs[0]["id"] != adhoc {
		t.Errorf("runs: %v", runs)
	}
	s.success(false, "set_schedule_active", in{"flow_id": missing})
	s.success(false, "set_schedule_inactive", in{"flow_id": missing})
	s.success(false, "set_schedule_active", in{"flow_id": s.register("plain", "")})
	bad := s.register("required", `{`+daily+`, "parameters": [{"slug": "p", "name": "p", "required": true}]}`)
	s.refused("Can not schedule a flow that has required parameters.", "set_schedule_active", in{"flow_id": bad})
	s.success(true, "set_flow_group_default_parameters", in{"flow_group_id": s.group(bad), "parameters": map[string]any{"p": true}})
	s.success(true, "set_schedule_active", in{"flow_id": bad})
}

func TestGroupScheduleFailsOnRequiredParameter(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"parameters": [{"slug": "p", "name": "p", "required": true}]}`)
	s.success(true, "set_flow_group_schedule", in{"flow_group_id": s.group(flow), "interval_clocks": []any{map[string]any{"interval": int64(3600)}}})
	s.refused("Required parameters were not supplied: {'p'}", "set_schedule_active", in{"flow_id": flow})
	same(t, "active all the same", s.row("flow", flow)["is_schedule_active"], true)
}

func TestScheduledRuns(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"schedule": {"clocks": [
		{"type": "CronClock", "cron": "0 0 * * *"},
		{"type": "CronClock", "cron": "0 0 * * *", "labels": ["l"], "parameter_defaults": {"p": "v"}}]}}`)
	runs := s.rows("flow_run", "flow_id", flow)
	if len(runs) != 10 {
		t.Fatalf("%d runs", len(runs))
	}
	plain, special := runs[0], runs[1]
	same(t, "key", plain["idempotency_key"], "auto-scheduled:2024-01-02T00:00:00+00:00")
	// The digest was computed by the service's own code.
	same(t, "special key", special["idempotency_key"], "auto-scheduled:2024-01-02T00:00:00+00:00:a3d507592c40fb1504732166b1682f8c")
	same(t, "labels", plain["labels"], []any{"k8s", "prod"})
	same(t, "special labels", special["labels"], []any{"l"})
	same(t, "special parameters", special["parameters"], map[string]any{"p": "v"})
	same(t, "auto", plain["auto_scheduled"], true)
	same(t, "message", plain["state_message"], "Flow run scheduled.")
}

// TestScheduledRunsKeepTheirZone: the state tells the start as the clock does.
func TestScheduledRunsKeepTheirZone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", `{"schedule": {"clocks": [
		{"type": "CronClock", "cron": "0 9 * * *", "start_date": {"dt": "2020-01-01T00:00:00", "tz": "Europe/Berlin"}}]}}`)
	run := s.rows("flow_run", "flow_id", flow)[0]
	state, _ := run["serialized_state"].(map[string]any)
	start, _ := state["start_time"].(string)
	if !strings.HasSuffix(start, "T09:00:00+01:00") {
		t.Errorf("start %q", start)
	}
}
