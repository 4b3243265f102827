package runconfig

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Plan returns the planned value for a resolved configuration, keeping the state's values where they mean the
// same. Terraform accepts the state's value instead of a configured one only if both are set.
func Plan(ctx context.Context, config, state types.Object) (types.Object, diag.Diagnostics) {
	want, known, diags := Parse(ctx, config)
	have, _, d := Parse(ctx, state)
	diags.Append(d...)
	if want == nil || have == nil || !known || diags.HasError() {
		return config, diags
	}
	wanted, d := Serialize(ctx, config)
	diags.Append(d...)
	if diags.HasError() {
		return config, diags
	}
	had, d := Serialize(ctx, state)
	if d.HasError() { // no longer valid, so not the same
		return config, diags
	}
	if want.JobTemplate.Same(have.JobTemplate) {
		want.JobTemplate = have.JobTemplate
	}
	if Same(wanted, had) {
		want.keep(have)
	}
	planned, d := want.Value(ctx)
	diags.Append(d...)
	return planned, diags
}

// keep copies from the state what the configuration omits.
func (k *Kubernetes) keep(have *Kubernetes) {
	for _, text := range []struct{ want, have *types.String }{
		{&k.JobTemplatePath, &have.JobTemplatePath},
		{&k.Image, &have.Image},
		{&k.CPULimit, &have.CPULimit},
		{&k.CPURequest, &have.CPURequest},
		{&k.MemoryLimit, &have.MemoryLimit},
		{&k.MemoryRequest, &have.MemoryRequest},
		{&k.ServiceAccountName, &have.ServiceAccountName},
		{&k.ImagePullPolicy, &have.ImagePullPolicy},
	} {
		*text.want = orHave(*text.want, *text.have)
	}
	k.JobTemplate = orHave(k.JobTemplate, have.JobTemplate)
	k.Env = orHave(k.Env, have.Env)
	k.ImagePullSecrets = orHave(k.ImagePullSecrets, have.ImagePullSecrets)
	k.Labels = orHave(k.Labels, have.Labels)
}

func orHave[T attr.Value](want, have T) T {
	if want.IsNull() {
		return have
	}
	return want
}

// Refresh returns the state's value for the Server's run configuration: the same value if it means the same,
// else the Server's, or null if HCL cannot express it.
func Refresh(ctx context.Context, state types.Object, held map[string]any) (types.Object, diag.Diagnostics) {
	had, diags := Serialize(ctx, state)
	if !diags.HasError() && had != nil && Same(had, held) {
		return state, nil
	}
	object, _, diags := Object(ctx, held)
	return object, diags
}
