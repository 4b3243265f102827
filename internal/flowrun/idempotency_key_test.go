package flowrun

import (
	"slices"
	"strings"
	"testing"
)

func TestDigestComparesMeaning(t *testing.T) {
	t.Parallel()
	base := inputs{
		FlowID: "f", Parameters: `{"a": 1, "b": [1, 2]}`, Labels: []string{"x", "y"},
		Triggers: map[string]*string{"k": new("v")},
	}
	same := inputs{
		FlowID: "f", Parameters: "{\"b\":[1,2],\n\"a\":1}", Labels: []string{"y", "x"},
		Triggers: map[string]*string{"k": new("v")},
	}
	if digest(t, base) != digest(t, same) {
		t.Error("formatting and order changed the digest")
	}
	for name, change := range map[string]func(*inputs){
		"flow":             func(in *inputs) { in.FlowID = "g" },
		"group":            func(in *inputs) { in.VersionGroupID = "g" },
		"name":             func(in *inputs) { in.Name = "n" },
		"parameters":       func(in *inputs) { in.Parameters = `{"a": 2, "b": [1, 2]}` },
		"order of a list":  func(in *inputs) { in.Parameters = `{"a": 1, "b": [2, 1]}` },
		"context":          func(in *inputs) { in.Context = `{}` },
		"no labels":        func(in *inputs) { in.Labels = []string{} },
		"inherited labels": func(in *inputs) { in.Labels = nil },
		"run config":       func(in *inputs) { in.RunConfig = map[string]any{"type": "KubernetesRun"} },
		"start":            func(in *inputs) { in.ScheduledStartTime = "2030-01-01T00:00:00Z" },
		"trigger":          func(in *inputs) { in.Triggers = map[string]*string{"k": new("w")} },
		"null trigger":     func(in *inputs) { in.Triggers = map[string]*string{"k": nil} },
		"no triggers":      func(in *inputs) { in.Triggers = nil },
	} {
		other := base
		change(&other)
		if digest(t, base) == digest(t, other) {
			t.Errorf("%s does not change the digest", name)
		}
	}
	if _, err := (inputs{Parameters: "{"}).digest(); err == nil {
		t.Error("broken JSON must be an error")
	}
}

func digest(t *testing.T, in inputs) string {
	t.Helper()
	d, err := in.digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestKeys(t *testing.T) {
	t.Parallel()
	d := digest(t, inputs{FlowID: "f"})
	a, b := newKey(d), newKey(d)
	if a == b {
		t.Error("two keys of the same inputs must differ")
	}
	if !strings.HasPrefix(a, keyPrefix(d)) || digestOf(a) != d {
		t.Errorf("key %q does not carry the digest %q", a, d)
	}
	for _, foreign := range []string{"", "nightly", "terraform-", "terraform-x"} {
		if got := digestOf(foreign); got != "" {
			t.Errorf("digestOf(%q) = %q", foreign, got)
		}
	}
}

func TestTriggered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		before, after map[string]string
		want          []string
	}{
		{"both absent", nil, nil, nil},
		{"map added", nil, map[string]string{"a": "1"}, nil},
		{"map removed", map[string]string{"a": "1"}, nil, nil},
		{"key added", map[string]string{"a": "1"}, map[string]string{"a": "1", "b": "2"}, nil},
		{"key removed", map[string]string{"a": "1", "b": "2"}, map[string]string{"a": "1"}, nil},
		{"value changed", map[string]string{"a": "1", "b": "2"}, map[string]string{"a": "2", "b": "3"}, []string{"a", "b"}},
		{"changed beside removed", map[string]string{"a": "1", "b": "2"}, map[string]string{"a": "2"}, []string{"a"}},
		{"to empty", map[string]string{"a": "1"}, map[string]string{"a": ""}, []string{"a"}},
	} {
		if got := triggered(tt.before, tt.after); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		small, large string
		want         bool
	}{
		{`{}`, `{"a": 1}`, true},
		{`{"a": {"y": 2, "x": 1}}`, `{"a": {"x":1,"y":2}, "b": 2}`, true},
		{`{"a": 1}`, `{"b": 1}`, false},
		{`{"a": 1}`, `{"a": 2}`, false},
		{`[]`, `{}`, false},
	} {
		if got := within(tt.small, tt.large); got != tt.want {
			t.Errorf("within(%s, %s) = %t", tt.small, tt.large, got)
		}
	}
}
