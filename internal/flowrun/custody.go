package flowrun

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// custody reports, for a resource to be created, that its run is one which the plan destroys at another address, and
// that a renamed resource runs its flow once more. old is the run that the creation replaces at its own address.
func (r *flowRunResource) custody(ctx context.Context, config *model, in inputs, digest string, old record) diag.Diagnostics {
	if !framework.IsSet(config.IdempotencyKey) {
		if old.ID == "" && r.data.Custody.Create(inputsObject(digest)) == framework.LetGoAndHeld {
			return runsAgain()
		}
		return nil
	}
	runs, err := r.data.Client(config.TenantID).ListFlowRuns(ctx, prefect.FlowRunFilter{
		IdempotencyKey: config.IdempotencyKey.ValueString(), FlowID: in.FlowID, VersionGroupID: in.VersionGroupID, Limit: 20,
	})
	if err != nil {
		tflog.Debug(ctx, "It is not known whether the idempotency key has a run", map[string]any{"error": err.Error()})
		return nil // the apply itself will report what is wrong
	}
	for i := range runs {
		if runs[i].ID == old.ID {
			continue
		}
		if d := r.adopts(runs[i].ID, runs[i].Name); d.HasError() {
			return d
		}
	}
	return nil
}

// adopts notes that the plan creates a resource which gets an existing run.
func (r *flowRunResource) adopts(id, name string) diag.Diagnostics {
	if r.data.Custody.Create(runObject(id)) == framework.LetGoAndHeld {
		return renamed(id, name)
	}
	return nil
}

// planDestroy reports a run that another address of the plan gets, and a flow that a renamed resource runs once more.
func (r *flowRunResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state model
	var kept record
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	_, diags := framework.GetPrivate(ctx, req.Private, recordKey, &kept)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || r.data == nil || r.data.Claims.Held(held(state.ID.ValueString())) {
		return // or an apply destroys what it has just replaced at the same address: see Delete
	}
	if digest := digestOf(state.IdempotencyKey.ValueString()); digest != "" && r.data.Custody.LetGo(inputsObject(digest)) == framework.LetGoAndHeld {
		resp.Diagnostics.Append(runsAgain()...)
	}
	policy := state.OnDestroy.ValueString()
	// A run that is still waited for would be left by the one and carried on with by the other, or not, as the order has it.
	touched := !kept.Settled || policy == onDestroy || policy == onCancel && !states.IsFinished(state.State.ValueString())
	if id := state.ID.ValueString(); touched && r.data.Custody.LetGo(runObject(id)) == framework.LetGoAndHeld {
		resp.Diagnostics.Append(renamed(id, state.Name.ValueString())...)
	}
	if policy == onDestroy && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.data.CheckCluster(framework.ClusterForJobs)...)
	}
}

// runObject and inputsObject identify a run, and what runs with the same inputs have in common, for framework.Custody.
func runObject(id string) framework.Object { return framework.Object{Type: "prefect_flow_run", ID: id} }
func inputsObject(digest string) framework.Object {
	return framework.Object{Type: "prefect_flow_run", ID: "inputs " + digest}
}

func renamed(id, name string) diag.Diagnostics {
	return framework.Renamed("prefect_flow_run", fmt.Sprintf("flow run %q (%s)", name, id),
		"The other address would carry on with this run, which its destruction leaves, cancels or deletes, as `on_destroy` says.")
}

func runsAgain() diag.Diagnostics {
	return diag.Diagnostics{diag.NewWarningDiagnostic("The plan destroys a flow run at one address and starts one with the same inputs at another",
		"The flow runs again.\n\nIf the resource was renamed or moved into a module, add a `moved` block, with which the run that there is stays:\n\n"+
			"  moved {\n    from = prefect_flow_run.<old name>\n    to   = prefect_flow_run.<new name>\n  }")}
}
