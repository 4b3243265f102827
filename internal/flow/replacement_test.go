package flow

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// privateData is what Terraform keeps.
type privateData map[string][]byte

func (p privateData) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p[key], nil
}

func (p privateData) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// Which Delete is that of an object whose creation failed, and what it leaves
// alone.
func TestDeleteOfATaintedObject(t *testing.T) {
	t.Parallel()
	in := noInputs(testFlow(t, "etl", nil))
	cases := map[string]struct {
		edit                 func(config *model)
		planned              bool // from the object: -replace, or a changed version group
		tainted, leavesAlone bool
	}{
		"the same flow":         {tainted: true, leavesAlone: true},
		"another of that name":  {edit: func(c *model) { c.inputs = noInputs(testFlow(t, "etl", withTag("x"))) }, tainted: true, leavesAlone: true},
		"another flow":          {edit: func(c *model) { c.inputs = noInputs(testFlow(t, "other", nil)) }, tainted: true},
		"another project":       {edit: func(c *model) { c.ProjectID = types.StringValue(testGroup) }, tainted: true},
		"another tenant":        {edit: func(c *model) { c.TenantID = types.StringValue(testGroup) }, tainted: true},
		"its version group":     {edit: func(c *model) { c.VersionGroupID = types.StringValue(testGroup) }, tainted: true, leavesAlone: true},
		"another version group": {edit: func(c *model) { c.VersionGroupID = types.StringValue(testProject) }, tainted: true},
		"unknown project":       {edit: func(c *model) { c.ProjectID = types.StringUnknown() }, tainted: true},
		"unknown flow":          {edit: func(c *model) { c.FlowJSON = framework.JSONUnknown() }, tainted: true},
		"asked for":             {planned: true, leavesAlone: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, config := stateOf(t, in), configOf(in)
			if c.edit != nil {
				c.edit(&config)
			}
			private := privateData{}
			note := func(state *model) {
				_, p := planOf(t, config, state)
				if diags := notePlan(t.Context(), private, p); diags.HasError() {
					t.Fatal(diags)
				}
			}
			if c.planned {
				note(state)
			}
			note(nil)
			next, tainted, diags := taintedFor(t.Context(), private)
			if diags.HasError() {
				t.Fatal(diags)
			}
			if tainted != c.tainted || next.continues(*state) != c.leavesAlone {
				t.Errorf("tainted %v, continues %v", tainted, next.continues(*state))
			}
		})
	}
}
