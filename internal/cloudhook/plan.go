package cloudhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// ModifyPlan replaces the hook if its receiver changes, unless the hook on the Server already matches, and
// warns of secrets that changed without their version.
func (r *hookResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(r.noteState(ctx, req.State)...)
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("type"), config.kind())...)
	var state model
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !plan.VersionGroupID.Equal(state.VersionGroupID) {
		_, diags := r.data.CheckVersionGroup(ctx, config.TenantID, plan.VersionGroupID)
		resp.Diagnostics.Append(diags...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case req.State.Raw.IsNull():
		resp.Diagnostics.Append(r.planCreate(ctx, &plan, &config, req.Private)...)
	default:
		r.planReceiver(ctx, &plan, &config, &state, resp)
		resp.Diagnostics.Append(r.planKept(ctx, &state, len(resp.RequiresReplace) > 0 || plan.moves(&state), resp.Private)...)
	}
}

// noteState notes the hook that the state has, which no Read has done with `-refresh=false`.
func (r *hookResource) noteState(ctx context.Context, state tfsdk.State) diag.Diagnostics {
	var id types.String
	if r.data == nil || state.Raw.IsNull() {
		return nil
	}
	diags := state.GetAttribute(ctx, path.Root("id"), &id)
	if framework.IsSet(id) {
		r.data.Custody.Refreshed(object(id.ValueString()))
	}
	return diags
}

// planReceiver plans what a change of the receiver means for the hook in state.
func (r *hookResource) planReceiver(ctx context.Context, plan, config, state *model, resp *resource.ModifyPlanResponse) {
	changed := plan.changed(state)
	if len(changed) == 0 && !config.secret() {
		return
	}
	equal, known := r.compare(ctx, config, state)
	switch {
	case len(changed) > 0 && (!equal || !known):
		for _, attribute := range changed {
			resp.RequiresReplace.Append(path.Root(attribute))
		}
	case len(changed) == 0 && known && !equal:
		resp.Diagnostics.Append(stale(config, state)...)
	}
}

// moves says whether an attribute has changed with which the hook is replaced.
func (m *model) moves(before *model) bool {
	return !m.Name.Equal(before.Name) || !m.States.Equal(before.States) || !m.VersionGroupID.Equal(before.VersionGroupID) || !m.TenantID.Equal(before.TenantID)
}

// changed returns the receivers in which two models differ.
func (m *model) changed(before *model) []string {
	var names []string
	after := m.receivers()
	for i, r := range before.receivers() {
		if !r.value.Equal(after[i].value) {
			names = append(names, r.attribute)
		}
	}
	return names
}

// secret reports whether the receiver has secrets.
func (m *model) secret() bool {
	to, ok := m.receiver()
	if !ok {
		return false
	}
	_, secrets, _ := to.config()
	return len(secrets) > 0
}

// compare reports whether the hook in state has the configured receiver; known is false if that cannot be
// determined yet.
func (r *hookResource) compare(ctx context.Context, config, state *model) (equal, known bool) {
	if !r.data.Ready() {
		return false, false
	}
	hook, err := r.data.Client(state.TenantID).RefreshCloudHook(ctx, state.ID.ValueString())
	if err != nil {
		return false, false
	}
	return has(hook, config)
}

// has reports whether a hook has the configured receiver; known is false if the receiver has unknown values.
func has(hook *prefect.CloudHook, config *model) (equal, known bool) {
	to, ok := config.receiver()
	if !ok {
		return false, false
	}
	want, _, known := to.config()
	if !known {
		return false, false
	}
	return hook.Type == to.kind && serialization.SameServed(want, held(hook)), true
}

// stale warns of a secret that differs from the hook's. Other values were refreshed, and would show as a
// change.
func stale(config, state *model) diag.Diagnostics {
	to, _ := config.receiver()
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(to.value.Attributes())) {
		if strings.HasSuffix(name, "_wo_version") && !to.value.Attributes()[name].IsNull() {
			versions = append(versions, "`"+name+"`")
		}
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root(to.attribute), "A secret of cloud hook "+state.label()+" has changed",
		fmt.Sprintf("The secret on the Server differs from the configuration, but its `_wo_version` is unchanged, so the hook is left as is.\n\n"+
			"Raise %s to create a new hook with the configured secret.", strings.Join(versions, " or ")))}
}

// checkGroup rejects a hook on a flow that does not exist, which would never fire.
func checkGroup(ctx context.Context, client *prefect.Client, tenantID, versionGroupID types.String) diag.Diagnostics {
	if versionGroupID.IsNull() {
		return nil
	}
	_, err := client.FindFlowGroup(ctx, versionGroupID.ValueString())
	if err == nil {
		return nil
	}
	failure := framework.Failure{Summary: "Could not create the cloud hook"}
	if errors.Is(err, prefect.ErrNotFound) {
		failure.Summary = fmt.Sprintf("There is no flow in version group %q", versionGroupID.ValueString())
		failure.Attribute = path.Root("version_group_id")
		failure.Remedies = map[error]string{
			prefect.ErrNotFound: "The hook would never fire. Refer to the flow's resource (`version_group_id = prefect_flow.<name>.id`), so that it is " +
				"registered first. For a flow of another tenant than the provider's, set `tenant_id`.",
		}
	}
	return failure.DiagnoseIn(err, tenantID)
}

// hidden removes secrets from diagnostics: an error of the Server, or of a gateway in front of it, may quote
// the request.
func hidden(diags diag.Diagnostics, secrets []string) diag.Diagnostics {
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, "***")
		}
	}
	clean := strings.NewReplacer(pairs...).Replace
	var out diag.Diagnostics
	for _, d := range diags {
		summary, detail := clean(d.Summary()), clean(d.Detail())
		switch at, located := d.(diag.DiagnosticWithPath); {
		case located && d.Severity() == diag.SeverityError:
			out.AddAttributeError(at.Path(), summary, detail)
		case located:
			out.AddAttributeWarning(at.Path(), summary, detail)
		case d.Severity() == diag.SeverityError:
			out.AddError(summary, detail)
		default:
			out.AddWarning(summary, detail)
		}
	}
	return out
}

// masked removes secrets from Terraform's log, for the same reason.
func masked(ctx context.Context, secrets []string) context.Context {
	var given []string
	for _, secret := range secrets {
		if secret != "" {
			given = append(given, secret)
		}
	}
	if len(given) == 0 {
		return ctx
	}
	return tflog.MaskMessageStrings(tflog.MaskAllFieldValuesStrings(ctx, given...), given...)
}
