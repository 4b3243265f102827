package flow

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

// verdict is what a plan means for the flow's versions.
type verdict int

const (
	// keepVersion: no version will be registered.
	keepVersion verdict = iota
	// newVersion: a version will be registered.
	newVersion
	// undecided: an input is unknown.
	undecided
)

// planning contains the inputs of a plan.
type planning struct {
	config   model  // as written, with local job templates resolved
	proposed model  // config with defaults
	state    *model // nil for a creation
	want     *intent
	before   *intent // meaning of the inputs in state; nil if there are none
	imported importedVersion
	// meansImported says that the configured flow is the imported version, whatever their keys.
	meansImported bool
	noted         noted
	changes       types.List // what the plan says of the version that it registers
	again         bool       // a creation that replaces an object in the state, planned earlier
}

// replaces reports whether the configured version group differs from the one in state.
func (p planning) replaces() bool {
	return p.state != nil && framework.IsSet(p.config.VersionGroupID) && !p.config.VersionGroupID.Equal(p.state.ID)
}

// verdict decides if a version is registered.
func (p planning) verdict() verdict {
	switch {
	case p.state == nil:
		return newVersion // or the existing one: only the Server knows
	case p.want == nil:
		return undecided
	case !p.meansVersion(),
		p.state.Archived.ValueBool(),
		framework.IsSet(p.config.Description) && !p.config.Description.Equal(p.state.Description):
		return newVersion
	case p.config.Description.IsUnknown():
		return undecided
	}
	return keepVersion
}

// meansVersion reports whether the configured flow is that of the version in state.
func (p planning) meansVersion() bool {
	return p.want.key == p.state.IdempotencyKey.ValueString() || p.imported.holds(p.state, p.want.key) || p.meansImported
}

// activates reports whether applying switches the schedule of the version in state on.
func (p planning) activates(active types.Bool) bool {
	return p.state != nil && framework.IsSet(active) && active.ValueBool() && !p.state.ScheduleActive.ValueBool()
}

// model returns the planned state. Every value that the apply will not change is known.
func (p planning) model(ctx context.Context) (model, diag.Diagnostics) {
	m := p.proposed
	m.inputs = p.plannedInputs()
	if p.state == nil {
		m.ID = orUnknown(p.config.VersionGroupID)
		m.VersionGroupID = m.ID
		m.TenantID = orUnknown(p.config.TenantID)
		m.Description = orUnknown(p.config.Description)
		m.FlowGroupID = types.StringUnknown()
	} else {
		m.ID = p.state.ID
		m.VersionGroupID = p.state.VersionGroupID
		m.TenantID = p.state.TenantID
		m.FlowGroupID = p.state.FlowGroupID
		m.Description = p.config.Description
		if m.Description.IsNull() {
			m.Description = p.state.Description
		}
	}
	m.Changes = p.changes
	diags := p.planVersion(ctx, &m)
	return m, diags
}

// sameInputs reports whether the inputs in state mean the same as the configuration. An imported registration
// has inputs from the Server, which returns 1 for 1.0: it is still the same flow if the Server has its key.
func (p planning) sameInputs() bool {
	switch {
	case p.state == nil || p.want == nil:
		return false
	case p.before == nil: // an import says where the file is, and not what is in it
		return !p.state.FlowFile.IsNull() && p.imported.isCurrent(p.state) && p.meansVersion()
	case p.want.key == p.before.key:
		return true
	}
	return p.meansVersion() && p.before.flow != nil && sameFlow(p.before.flow, p.want.flow)
}

// plannedInputs returns the configured inputs, or those in state if they mean the same.
func (p planning) plannedInputs() inputs {
	in := p.config.inputs
	in.Name = in.name(p.want)
	if !p.sameInputs() {
		return in
	}
	// Terraform accepts the value of the state in place of a configured one only if both are there. flow_json and flow_file are
	// never made up: with one in the state and the other one configured, what is planned is what is configured.
	same := p.state.inputs
	if in.FlowJSON.IsNull() || same.FlowJSON.IsNull() {
		same.FlowJSON = in.FlowJSON
	}
	if in.FlowFile.IsNull() || same.FlowFile.IsNull() {
		same.FlowFile = in.FlowFile
	}
	same.Labels, same.RunConfig = orConfigured(same.Labels, in.Labels), orConfigured(same.RunConfig, in.RunConfig)
	return same
}

// orConfigured is the value in state, unless there is none and one is configured.
func orConfigured[T attr.Value](state, config T) T {
	if state.IsNull() {
		return config
	}
	return state
}

// planVersion plans the version's attributes and the schedule.
func (p planning) planVersion(ctx context.Context, m *model) diag.Diagnostics {
	m.ScheduleActive = p.config.ScheduleActive
	verdict := p.verdict()
	if verdict == keepVersion {
		m.version = p.state.version
		if m.ScheduleActive.IsNull() && p.imported.FlowID != "" {
			m.ScheduleActive = p.state.ScheduleActive // whichever the configuration says, the import shows no difference
		}
		return nil
	}
	m.FlowID = types.StringUnknown()
	m.Version = types.Int64Unknown()
	m.Archived = types.BoolValue(false)
	if p.want == nil {
		m.IdempotencyKey = types.StringUnknown()
		m.CoreVersion = types.StringUnknown()
		m.TaskCount = types.Int64Unknown()
		m.Parameters = parametersUnknown()
		m.Summary = flowsummary.Unknown()
		return nil
	}
	m.IdempotencyKey = types.StringValue(p.want.key)
	return m.describe(ctx, p.want.flow)
}

// orUnknown returns the value, or unknown if it is null: the planned value of a computed attribute that is
// not configured.
func orUnknown(v types.String) types.String {
	if v.IsNull() {
		return types.StringUnknown()
	}
	return v
}
