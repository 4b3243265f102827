package flowrun

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

var (
	_ resource.ResourceWithValidateConfig = (*flowRunResource)(nil)
	_ action.ActionWithValidateConfig     = (*runAction)(nil)
)

func runConfigAttribute() schema.Attribute {
	attribute := runconfig.Attribute(runconfig.Descriptions{
		RunConfig: "Run configuration of this run, in place of the flow group's and the flow's, whose labels it replaces too. " +
			"Changing it starts a new run.",
		TemplatePath: "read when the run is created. A new version of it, or another path with the same template, does not start a new run, unless `triggers` has its hash.",
		Labels:       "Labels of the run, unless `labels` gives them.",
		AsGiven:      true,
	})
	attribute.Computed = true
	attribute.PlanModifiers = []planmodifier.Object{objectplanmodifier.UseStateForUnknown()}
	return attribute
}

// ValidateConfig checks the run configuration as far as it is known.
func (r *flowRunResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(runconfig.Validate(ctx, config.RunConfig)...)
	}
}

// ValidateConfig checks the run configuration as far as it is known.
func (a *runAction) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var config runActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(runconfig.Validate(ctx, config.RunConfig)...)
	}
}

// serializeRunConfig returns the serialised form of a known run_config, or nil if
// it is null. A local job template is read.
func serializeRunConfig(ctx context.Context, value types.Object) (map[string]any, diag.Diagnostics) {
	resolved, diags := runconfig.Resolve(ctx, value, true)
	diags.Append(runconfig.Check(ctx, resolved)...)
	if diags.HasError() {
		return nil, diags
	}
	serialised, d := runconfig.Serialize(ctx, resolved)
	diags.Append(d...)
	return serialised, diags
}

// withoutTemplate returns a known run_config and the serialised form of all of it but the job template, for which no file
// is read.
func withoutTemplate(ctx context.Context, value types.Object) (*runconfig.Kubernetes, map[string]any, diag.Diagnostics) {
	given, _, diags := runconfig.Parse(ctx, value)
	if given == nil || diags.HasError() {
		return &runconfig.Kubernetes{}, nil, diags
	}
	rest := *given
	rest.JobTemplate, rest.JobTemplatePath = framework.JSONNull(), types.StringNull()
	object, d := rest.Value(ctx)
	diags.Append(d...)
	if diags.HasError() {
		return given, nil, diags
	}
	serialised, d := serializeRunConfig(ctx, object)
	diags.Append(d...)
	return given, serialised, diags
}

// templateDigest is that of the job template in a serialised run configuration, be it the template or where the agent is
// to read it; "" if there is no run configuration.
func templateDigest(config map[string]any) string {
	if config == nil {
		return ""
	}
	digest, err := inputs{RunConfig: map[string]any{
		"job_template": config["job_template"], "job_template_path": config["job_template_path"],
	}}.digest()
	if err != nil {
		return "" // what cannot be encoded has not been sent either
	}
	return digest
}

func sameDigest(a, b map[string]any) bool {
	left, errLeft := inputs{RunConfig: a}.digest()
	right, errRight := inputs{RunConfig: b}.digest()
	return errLeft == nil && errRight == nil && left == right
}

// runConfigOf returns run_config for what the Server holds; null if that is not a
// KubernetesRun. It serves import only.
func runConfigOf(ctx context.Context, raw json.RawMessage) (types.Object, diag.Diagnostics) {
	object, _, diags := runconfig.Object(ctx, runconfig.Decode(raw))
	return object, diags
}
