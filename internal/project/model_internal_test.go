package project

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	empty := ""
	var m model
	m.refresh(&prefect.Project{ID: "p", TenantID: "t", Name: "etl"})
	if !m.Description.IsNull() {
		t.Errorf("no description became %s", m.Description)
	}
	if m.ForceDestroy != types.BoolValue(false) {
		t.Errorf("after an import force_destroy is %s", m.ForceDestroy)
	}
	m.ForceDestroy = types.BoolValue(true)
	m.refresh(&prefect.Project{ID: "p", TenantID: "t", Name: "etl", Description: &empty})
	if m.Description != types.StringValue("") {
		t.Errorf("an empty description became %s", m.Description)
	}
	if m.ForceDestroy != types.BoolValue(true) {
		t.Errorf("a refresh changed force_destroy to %s", m.ForceDestroy)
	}
}

func TestLosses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		contents prefect.Contents
		want     string
	}{
		{prefect.Contents{}, ""},
		{prefect.Contents{Flows: 1}, "1 flow version and 0 flow runs"},
		{prefect.Contents{Flows: 2, FlowRuns: 1, ActiveFlowRuns: 1}, "2 flow versions and 1 flow run (1 of them not finished)"},
	} {
		if got := losses(&test.contents); got != test.want {
			t.Errorf("losses(%+v) = %q, want %q", test.contents, got, test.want)
		}
	}
}
