package flowgroup

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func someGroup() *prefect.FlowGroup {
	return &prefect.FlowGroup{
		ID: "group", Name: "versions", TenantID: "tenant", DefaultParameters: []byte("{}"),
		Settings: prefect.FlowGroupSettings{HeartbeatEnabled: true, LazarusEnabled: true},
	}
}

// A group of defaults is adopted with nothing managed, and a refresh never
// begins to manage a setting.
func TestNothingManaged(t *testing.T) {
	t.Parallel()
	ctx, group := t.Context(), someGroup()
	var adopted model
	if diags := adopted.adopt(ctx, group); diags.HasError() {
		t.Fatal(diags)
	}
	text := "d"
	group.Description, group.Labels, group.RunConfig = &text, []string{"a"}, []byte(`{"type": "KubernetesRun"}`)
	group.DefaultParameters, group.Schedule = []byte(`{"x": 1}`), []byte(`{"clocks": []}`)
	group.Settings = prefect.FlowGroupSettings{}
	if diags := adopted.refresh(ctx, group); diags.HasError() {
		t.Fatal(diags)
	}
	w := work{group: group, from: adopted, to: unmanaged(group)}
	if changes := w.changes(); len(changes) != 0 {
		t.Errorf("%d settings are managed, the first is %s", len(changes), changes[0].attribute)
	}
}

func TestNullAndEmptySettings(t *testing.T) {
	t.Parallel()
	ctx, group := t.Context(), someGroup()
	empty := ""
	group.Description, group.Labels = &empty, []string{}
	var m model
	if diags := m.adopt(ctx, group); diags.HasError() {
		t.Fatal(diags)
	}
	if m.Description.IsNull() || m.Labels.IsNull() || len(m.Labels.Elements()) != 0 {
		t.Errorf("description %s, labels %s", m.Description, m.Labels)
	}
	group.Description, group.Labels = nil, nil
	if diags := m.refresh(ctx, group); diags.HasError() || !m.Description.IsNull() || !m.Labels.IsNull() {
		t.Errorf("description %s, labels %s, %v", m.Description, m.Labels, diags)
	}
}

// Settings that HCL has no form for are left alone, with a warning.
func TestAdoptOtherForms(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*prefect.FlowGroup){
		"run config": func(g *prefect.FlowGroup) { g.RunConfig = []byte(`{"type": "DockerRun"}`) },
		"clock":      func(g *prefect.FlowGroup) { g.Schedule = []byte(`{"clocks": [{"type": "DatesClock"}]}`) },
		"filter": func(g *prefect.FlowGroup) {
			g.Schedule = []byte(`{"clocks": [], "filters": [{"fn": "prefect.schedules.filters.is_weekday"}]}`)
		},
		"end": func(g *prefect.FlowGroup) {
			g.Schedule = []byte(`{"clocks": [{"type": "CronClock", "cron": "* * * * *", "end_date": {"dt": "2030-01-01", "tz": "UTC"}}]}`)
		},
		"two zones": func(g *prefect.FlowGroup) {
			g.Schedule = []byte(`{"clocks": [{"type": "CronClock", "cron": "* * * * *", "start_date": {"tz": "UTC"}}, {"type": "CronClock", "cron": "1 * * * *"}]}`)
		},
		"not a schedule": func(g *prefect.FlowGroup) { g.Schedule = []byte(`{"clocks": 1}`) },
	} {
		group := someGroup()
		change(group)
		var m model
		diags := m.adopt(t.Context(), group)
		if diags.HasError() || diags.WarningsCount() != 1 || !m.RunConfig.IsNull() || !m.Schedule.IsNull() {
			t.Errorf("%s: %v, run_config %s, schedule %s", name, diags, m.RunConfig, m.Schedule)
		}
	}
}

// A schedule survives the way to the Server and back, and is told from others.
func TestScheduleMeaning(t *testing.T) {
	t.Parallel()
	const one = `{"type": "Schedule", "clocks": [
		{"type": "CronClock", "cron": "0 6 * * *", "parameter_defaults": {}, "start_date": {"dt": "2030-01-01T00:00:00", "tz": "Europe/Berlin"}},
		{"type": "IntervalClock", "interval": 3600000000, "parameter_defaults": {"n": 1e2}, "start_date": {"dt": "2030-01-01T00:00:00", "tz": "Europe/Berlin"}}]}`
	base, err := stored([]byte(one))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text string
		same bool
	}{
		"other start, order, numbers": {`{"clocks": [{"type": "IntervalClock", "interval": 3600000000, "parameter_defaults": {"n": 100}, "start_date": {"dt": "1999-01-01T00:00:00", "tz": "Europe/Berlin"}},
			{"type": "CronClock", "cron": "0  6 * * *", "start_date": {"dt": "1999-01-01T00:00:00", "tz": "Europe/Berlin"}}]}`, true},
		"no zone":        {`{"clocks": [{"type": "CronClock", "cron": "0 6 * * *"}, {"type": "IntervalClock", "interval": 3600000000, "parameter_defaults": {"n": 100}}]}`, false},
		"one clock less": {`{"clocks": [{"type": "CronClock", "cron": "0 6 * * *", "start_date": {"tz": "Europe/Berlin"}}]}`, false},
		"none":           {`{"clocks": []}`, false},
	} {
		other, err := stored([]byte(test.text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := base.same(other); got != test.same {
			t.Errorf("%s: same %t", name, got)
		}
	}
	object, ok, diags := scheduleObject(t.Context(), []byte(one))
	if !ok || diags.HasError() {
		t.Fatal(diags)
	}
	if !base.same(meant(t.Context(), object)) {
		t.Errorf("another schedule came back: %s", object)
	}
	input, err := base.input()
	if err != nil || len(input.CronClocks) != 1 || input.CronClocks[0].ParameterDefaults != nil ||
		len(input.IntervalClocks) != 1 || input.IntervalClocks[0].Interval != time.Hour || input.Timezone != "Europe/Berlin" {
		t.Errorf("input %+v, %v", input, err)
	}
	if (*schedule)(nil).same(base) || !(*schedule)(nil).same(nil) {
		t.Error("no schedule is the same as one")
	}
}

func TestIntervalText(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Minute: "1m", 90 * time.Minute: "1h30m", 24 * time.Hour: "24h", 10 * time.Hour: "10h", 61 * time.Second: "1m1s",
		time.Hour + time.Second: "1h0m1s", 20 * time.Minute: "20m",
	} {
		if got := duration(d); got != want {
			t.Errorf("%s is written %q", d, got)
		}
		if problem := checkInterval(duration(d)); problem != "" {
			t.Errorf("%s: %s", d, problem)
		}
	}
}

// Values that are not known yet are no error.
func TestUnknownPasses(t *testing.T) {
	t.Parallel()
	m := unmanaged(someGroup())
	m.Schedule, m.DefaultParameters = types.ObjectUnknown(scheduleTypes()), framework.JSONUnknown()
	if diags := m.check(t.Context()); len(diags) > 0 {
		t.Error(diags)
	}
	clock := clockModel{Cron: types.StringUnknown(), Interval: types.StringNull(), ParameterDefaults: framework.JSONUnknown()}
	list, diags := types.ListValueFrom(t.Context(), types.ObjectType{AttrTypes: clockTypes()}, []clockModel{clock})
	if diags.HasError() {
		t.Fatal(diags)
	}
	m.Schedule, diags = types.ObjectValueFrom(t.Context(), scheduleTypes(), scheduleModel{Timezone: types.StringUnknown(), Clocks: list})
	if diags.HasError() {
		t.Fatal(diags)
	}
	if diags := m.check(t.Context()); len(diags) > 0 || meant(t.Context(), m.Schedule) != nil {
		t.Error(diags)
	}
}

// A clock that turns out to be null only when everything is known is refused
// before anything is sent, like one without times.
func TestNullClock(t *testing.T) {
	t.Parallel()
	object := types.ObjectType{AttrTypes: clockTypes()}
	schedule, diags := types.ObjectValueFrom(t.Context(), scheduleTypes(), scheduleModel{
		Timezone: types.StringNull(), Clocks: types.ListValueMust(object, []attr.Value{types.ObjectNull(clockTypes())}),
	})
	if diags.HasError() {
		t.Fatal(diags)
	}
	m := unmanaged(someGroup())
	m.Schedule = schedule
	if diags := m.settle(t.Context()); len(diags) != 1 || diags[0].Summary() != "A clock without times" {
		t.Errorf("got %v", diags)
	}
}
