package flow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// Read refreshes the newest version of the flow, and removes the flow from the state if no version is left.
func (r *flowResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	newest := framework.ReadObject(ctx, r.data, req, resp, &state, (*model).inState, (*prefect.Client).RefreshFlow)
	if newest == nil {
		return
	}
	before := state
	stored, diags := refresh(ctx, r.data.Client(state.TenantID), &state, newest)
	resp.Diagnostics.Append(diags...)
	if stored != nil {
		resp.Diagnostics.Append(noteImport(ctx, resp.Private, newest.ID, stored, state.inputs)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(framework.SetChanged(ctx, &resp.State, before, state)...)
}

// refresh updates the state from the newest version. A version never changes, so its details are read only if
// it differs from the one in state, or if an earlier release wrote the state without a summary. The inputs stay: they are what Terraform last applied. An imported
// resource has none yet and gets them from the Server's record; that flow is returned, otherwise nil.
func refresh(ctx context.Context, client documents, state *model, newest *prefect.Flow) (*serialization.Flow, diag.Diagnostics) {
	var imported *serialization.Flow
	var diags diag.Diagnostics
	importing := state.FlowID.IsNull()
	switch {
	case state.FlowID.ValueString() != newest.ID:
		stored, key, err := storedFlow(ctx, client, newest)
		if err != nil {
			return nil, framework.Diagnose(err, "Could not read flow "+state.label())
		}
		state.Changes = noChanges() // the version is somebody else's
		if newest.Group.Settings.IdempotencyKey == "" && state.means(ctx, stored) {
			key = state.IdempotencyKey.ValueString()
		}
		state.IdempotencyKey = framework.StringOrNullIfEmpty(key)
		diags.Append(state.describeStored(ctx, newest, stored)...)
		if importing {
			imported = stored
			diags.Append(state.importInputs(ctx, stored)...)
		}
	case state.Summary.IsNull():
		diags.Append(state.summarise(ctx, client, newest)...)
	}
	managed := state.ScheduleActive
	state.fromServer(newest)
	switch {
	case !importing: // a group's resource may manage the switch, which is no drift here
		state.setSchedule(newest, managed)
	case decoded(newest.Schedule) == nil && decoded(newest.Group.Schedule) == nil:
		state.ScheduleActive = types.BoolNull() // there is nothing to switch
	}
	return imported, diags
}

// summarise adds the summary that states of earlier releases do not have.
func (m *model) summarise(ctx context.Context, client documents, newest *prefect.Flow) diag.Diagnostics {
	if applied, d := m.intent(ctx); applied != nil && !d.HasError() && applied.key == m.IdempotencyKey.ValueString() {
		m.Summary = flowsummary.Value(applied.flow)
		return nil
	}
	stored, _, err := storedFlow(ctx, client, newest)
	if err != nil {
		return framework.Diagnose(err, "Could not read flow "+m.label())
	}
	m.Summary = flowsummary.Value(stored)
	return nil
}

// means reports whether the version in state is a flow on the Server, whose own key may differ; see sameFlow.
func (m *model) means(ctx context.Context, stored *serialization.Flow) bool {
	in, diags := m.resolve(ctx, false)
	in, err := in.readFile(maxFlowText)
	if err != nil || diags.HasError() {
		return false
	}
	applied, _ := in.intent(ctx) // an import has no inputs; inputs that are no longer valid have no meaning
	return applied != nil && applied.key == m.IdempotencyKey.ValueString() && sameFlow(stored, applied.flow)
}

// documents reads the serialised form of a flow version, as [prefect.Client] does.
type documents interface {
	GetSerializedFlow(ctx context.Context, id string) (json.RawMessage, error)
}

// storedFlow returns the serialised flow of a version and its key: the key of its registration or, if it was registered without
// one, that of the flow.
func storedFlow(ctx context.Context, client documents, f *prefect.Flow) (*serialization.Flow, string, error) {
	key := f.Group.Settings.IdempotencyKey
	raw, err := client.GetSerializedFlow(ctx, f.ID)
	if err != nil {
		return nil, "", fmt.Errorf("read serialised flow of version %d: %w", f.Version, err)
	}
	object, err := decodeObject(raw)
	if err != nil {
		return nil, "", fmt.Errorf("read serialised flow of version %d: %w", f.Version, err)
	}
	stored := serialization.NewFlow(object)
	if key == "" {
		if key, err = stored.Key(); err != nil {
			return nil, "", fmt.Errorf("compute the key of version %d: %w", f.Version, err)
		}
	}
	return stored, key, nil
}

// importInputs gives an imported resource the inputs that match the Server's version: the serialised flow
// with everything merged into it, and also its name, labels and, if it is a KubernetesRun, run configuration,
// so that a configuration that sets them shows no difference. It is not known which of them the flow was
// registered with.
func (m *model) importInputs(ctx context.Context, stored *serialization.Flow) diag.Diagnostics {
	if m.FlowFile.IsNull() { // otherwise the import says where the flow is
		text, err := framework.JSONOf(stored.Map())
		if err != nil {
			return diag.Diagnostics{diag.NewErrorDiagnostic("The flow on the Server is not JSON", framework.Sentence(err.Error()))}
		}
		m.FlowJSON = text
	}
	var diags diag.Diagnostics
	m.Name = types.StringValue(stored.Name())
	labels, d := framework.StringSet(ctx, notNil(stored.Labels()))
	diags.Append(d...)
	m.Labels = labels
	config, _, d := runconfig.Object(ctx, stored.RunConfig())
	diags.Append(d...)
	m.RunConfig = config
	if m.DeletionPolicy.IsNull() {
		m.DeletionPolicy = types.StringValue(policyArchive)
	}
	return diags
}
