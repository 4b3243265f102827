package flow

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

type attrValue = attr.Value

const (
	testGroup   = "6f6b0e0e-0000-4000-8000-000000000001"
	testVersion = "6f6b0e0e-0000-4000-8000-000000000002"
	testProject = "6f6b0e0e-0000-4000-8000-000000000003"
)

// stateOf is the state after registering inputs.
func stateOf(t *testing.T, in inputs) *model {
	t.Helper()
	want := mustMean(t, in)
	m := &model{inputs: in, DeletionPolicy: types.StringValue(policyArchive)}
	m.Name = types.StringValue(want.flow.Name())
	m.fromServer(&prefect.Flow{
		ID: testVersion, VersionGroupID: testGroup, ProjectID: testProject, TenantID: testProject, FlowGroupID: testProject, Version: 3,
	})
	if diags := m.describe(t.Context(), want.flow); diags.HasError() {
		t.Fatal(diags)
	}
	m.IdempotencyKey = types.StringValue(want.key)
	return m
}

// planOf plans a configuration against a state, as ModifyPlan does.
func planOf(t *testing.T, config model, state *model) (model, planning) {
	t.Helper()
	p := planning{config: config, proposed: config, state: state}
	want, diags := config.intent(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	p.want = want
	if state != nil {
		p.before, _ = state.intent(t.Context())
	}
	planned, diags := p.model(t.Context())
	if diags.HasError() {
		t.Fatal(diags)
	}
	return planned, p
}

func configOf(in inputs) model {
	return model{inputs: in, ProjectID: types.StringValue(testProject), DeletionPolicy: types.StringValue(policyArchive)}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	base := noInputs(testFlow(t, "f", nil))
	changed := noInputs(testFlow(t, "f", withTag("x")))
	labelled := base
	labelled.Labels = labelSet(t, "a")
	unknown := base
	unknown.Labels = types.SetUnknown(types.StringType)
	reformatted := noInputs(document(t, 1, testFlow(t, "f", nil)))

	cases := map[string]struct {
		config inputs
		edit   func(config, state *model)
		want   verdict
	}{
		"nothing changed":            {config: base, want: keepVersion},
		"the form of the JSON":       {config: reformatted, want: keepVersion},
		"another flow":               {config: changed, want: newVersion},
		"another label":              {config: labelled, want: newVersion},
		"an unknown label":           {config: unknown, want: undecided},
		"archived":                   {config: base, edit: func(_, s *model) { s.Archived = types.BoolValue(true) }, want: newVersion},
		"registered by another":      {config: base, edit: func(_, s *model) { s.IdempotencyKey = types.StringValue("other") }, want: newVersion},
		"no key on the Server":       {config: base, edit: func(_, s *model) { s.IdempotencyKey = types.StringNull() }, want: newVersion},
		"description added":          {config: base, edit: func(c, _ *model) { c.Description = types.StringValue("d") }, want: newVersion},
		"description not managed":    {config: base, edit: func(_, s *model) { s.Description = types.StringValue("d") }, want: keepVersion},
		"description emptied":        {config: base, edit: func(c, s *model) { c.Description, s.Description = types.StringValue(""), types.StringValue("d") }, want: newVersion},
		"description unknown":        {config: base, edit: func(c, _ *model) { c.Description = types.StringUnknown() }, want: undecided},
		"schedule switched":          {config: base, edit: func(c, _ *model) { c.ScheduleActive = types.BoolValue(true) }, want: keepVersion},
		"moved to another project":   {config: base, edit: func(c, _ *model) { c.ProjectID = types.StringValue(testGroup) }, want: keepVersion},
		"another deletion policy":    {config: base, edit: func(c, _ *model) { c.DeletionPolicy = types.StringValue(policyDelete) }, want: keepVersion},
		"this version group spelled": {config: base, edit: func(c, _ *model) { c.VersionGroupID = types.StringValue(testGroup) }, want: keepVersion},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, state := configOf(c.config), stateOf(t, base)
			if c.edit != nil {
				c.edit(&config, state)
			}
			planned, p := planOf(t, config, state)
			if got := p.verdict(); got != c.want {
				t.Fatalf("verdict %d, want %d", got, c.want)
			}
			if p.replaces() {
				t.Error("plans a replacement")
			}
			if known := !planned.FlowID.IsUnknown() && !planned.Version.IsUnknown(); known != (c.want == keepVersion) {
				t.Errorf("flow_id %s, version %s", planned.FlowID, planned.Version)
			}
			if planned.ID.ValueString() != testGroup || planned.FlowGroupID.IsUnknown() || planned.VersionGroupID.IsUnknown() {
				t.Errorf("the version group changes: %s, %s", planned.ID, planned.FlowGroupID)
			}
			if known := !planned.IdempotencyKey.IsUnknown() && !planned.Parameters.IsUnknown(); known == (p.want == nil) && c.want != keepVersion {
				t.Errorf("key %s", planned.IdempotencyKey)
			}
		})
	}
}

// Inputs that mean the same as those in state are planned as they are in state;
// others as configured, also if the newest version happens to be the same.
func TestPlannedInputs(t *testing.T) {
	t.Parallel()
	base, changed := noInputs(testFlow(t, "f", nil)), noInputs(testFlow(t, "f", withTag("x")))
	state := stateOf(t, base)

	reformatted := configOf(noInputs(document(t, 1, testFlow(t, "f", nil))))
	if planned, _ := planOf(t, reformatted, state); !planned.FlowJSON.Equal(state.FlowJSON) {
		t.Error("another form of the same flow shows as a difference")
	}
	if planned, _ := planOf(t, configOf(changed), state); !planned.FlowJSON.Equal(changed.FlowJSON) {
		t.Error("another flow is not planned as configured")
	}
	// Somebody registered what is configured now, while state has older inputs.
	state.IdempotencyKey = types.StringValue(mustMean(t, changed).key)
	planned, p := planOf(t, configOf(changed), state)
	if p.verdict() != keepVersion || !planned.FlowJSON.Equal(changed.FlowJSON) || !planned.FlowID.Equal(state.FlowID) {
		t.Errorf("verdict %d, version %s", p.verdict(), planned.FlowID)
	}
}

func TestPlanToCreate(t *testing.T) {
	t.Parallel()
	config := configOf(noInputs(testFlow(t, "f", withParameter("n", 1))))
	planned, _ := planOf(t, config, nil)
	for name, value := range map[string]attr.Value{
		"id": planned.ID, "version_group_id": planned.VersionGroupID, "flow_id": planned.FlowID, "version": planned.Version,
		"flow_group_id": planned.FlowGroupID, "tenant_id": planned.TenantID,
		"description": planned.Description,
	} {
		if !value.IsUnknown() {
			t.Errorf("%s is planned as %s before there is a version", name, value)
		}
	}
	if !planned.ScheduleActive.IsNull() {
		t.Errorf("schedule_active, which is not managed, is planned as %s", planned.ScheduleActive)
	}
	if planned.TaskCount.ValueInt64() != 3 || planned.CoreVersion.ValueString() != "1.4.1" || planned.Name.ValueString() != "f" ||
		len(planned.Parameters.Elements()) != 1 || planned.Archived.ValueBool() {
		t.Errorf("what follows from the flow is not known: %v", planned.version)
	}
	config.VersionGroupID = types.StringValue(testGroup)
	if planned, _ := planOf(t, config, nil); planned.ID.ValueString() != testGroup {
		t.Errorf("id is %s", planned.ID)
	}
}

func TestReplacesOnlyForAnotherGroup(t *testing.T) {
	t.Parallel()
	in := noInputs(testFlow(t, "f", nil))
	for group, want := range map[types.String]bool{
		types.StringNull(): false, types.StringUnknown(): false, types.StringValue(testGroup): false, types.StringValue(testVersion): true,
	} {
		config := configOf(in)
		config.VersionGroupID = group
		if _, p := planOf(t, config, stateOf(t, in)); p.replaces() != want {
			t.Errorf("version_group_id %s: replaces %v", group, p.replaces())
		}
	}
}

func TestInactiveReason(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit  func(map[string]any)
		group *prefect.FlowGroup
		ok    bool
	}{
		"no schedule":                {},
		"no schedule, group without": {group: &prefect.FlowGroup{}},
		"no schedule, group with":    {group: &prefect.FlowGroup{Schedule: []byte(`{"clocks": []}`)}, ok: true},
		"no schedule, group's clock lacks a parameter": {
			edit: withParameter("n", nil), group: &prefect.FlowGroup{Schedule: []byte(`{"clocks": [{"parameter_defaults": {"n": 1}}, {}]}`)},
		},
		"no schedule, group's clock has the parameter": {
			edit: withParameter("n", nil), group: &prefect.FlowGroup{Schedule: []byte(`{"clocks": [{"parameter_defaults": {"n": 1}}]}`)}, ok: true,
		},
		"schedule, group's clock lacks a parameter": {
			edit:  all(withCron("0 0 * * *", map[string]any{"n": 1}), withParameter("n", nil)),
			group: &prefect.FlowGroup{Schedule: []byte(`{"clocks": [{}]}`)},
		},
		"schedule":                        {edit: withCron("0 0 * * *", nil), ok: true},
		"parameter with default":          {edit: all(withCron("0 0 * * *", nil), withParameter("n", 1)), ok: true},
		"required parameter":              {edit: all(withCron("0 0 * * *", nil), withParameter("n", nil))},
		"required parameter in the clock": {edit: all(withCron("0 0 * * *", map[string]any{"n": 1}), withParameter("n", nil)), ok: true},
		"required parameter in the group": {
			edit:  all(withCron("0 0 * * *", nil), withParameter("n", nil)),
			group: &prefect.FlowGroup{DefaultParameters: []byte(`{"n": 1}`)}, ok: true,
		},
	}
	for name, c := range cases {
		f := mustMean(t, noInputs(testFlow(t, "f", c.edit))).flow
		if reason := inactiveReason(f, c.group); (reason == "") != c.ok {
			t.Errorf("%s: %q", name, reason)
		}
	}
}

func TestSameFlow(t *testing.T) {
	t.Parallel()
	parse := func(text string) *serialization.Flow {
		object, err := decodeObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return serialization.NewFlow(object)
	}
	cases := []struct {
		stored, sent string
		same         bool
	}{
		{`{"name": "f", "x": 100}`, `{"x": 1e2, "name": "f"}`, true},
		{`{"name": "f", "x": 10000000000000000}`, `{"name": "f", "x": 1e16}`, true},
		{`{"name": "f", "x": 123456789012345680000}`, `{"name": "f", "x": 123456789012345678902}`, true}, // as a double
		{`{"name": "f", "x": 123456789012345680000}`, `{"name": "f", "x": 123456789012345780000}`, false},
		{`{"name": "f", "x": [1, null, true]}`, `{"name": "f", "x": [1, null, true]}`, true},
		{`{"name": "f", "x": [1, null]}`, `{"name": "f", "x": [1]}`, false},
		{`{"name": "f", "x": {}}`, `{"name": "f", "x": []}`, false},
		{`{"name": "f", "x": "1"}`, `{"name": "f", "x": 1}`, false},
		{`{"name": "f"}`, `{"name": "g"}`, false},
		{`{"name": "f", "edges": []}`, `{"name": "f", "edges": [1]}`, true},
		{`{"name": "f", "edges": [2]}`, `{"name": "f", "edges": [1]}`, false},
	}
	for _, c := range cases {
		if got := sameFlow(parse(c.stored), parse(c.sent)); got != c.same {
			t.Errorf("%s and %s: same %v", c.stored, c.sent, got)
		}
	}
}

func TestJSONComparesByMeaning(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		`{"a": 1, "b": "é"}`: "{\"b\":\"\\u00e9\",\n \"a\":1}",
		`not JSON`:           `not JSON`,
	} {
		if same, _ := framework.JSONString(a).StringSemanticEquals(t.Context(), framework.JSONString(b)); !same {
			t.Errorf("%s and %s differ", a, b)
		}
	}
	if same, _ := framework.JSONString(`[1, 2]`).StringSemanticEquals(t.Context(), framework.JSONString(`[2, 1]`)); same {
		t.Error("lists of another order are equal")
	}
}
