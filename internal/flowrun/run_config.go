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
		RunConfig: "Run configuration of this run. It replaces that of the flow group and of the flow, including their labels. " +
			"Changing it starts a new run.",
		TemplatePath: "read when the run is created. Changing the file, or moving it to another path, does not start a new run, unless `triggers` contains its hash.",
		Labels:       "Labels of the run, unless `labels` is set.",
		AsGiven:      true,
	})
	attribute.Computed = true
	attribute.PlanModifiers = []planmodifier.Object{objectplanmodifier.UseStateForUnknown()}
	return attribute
}

// ValidateConfig checks the known parts of the run configuration.
func (r *flowRunResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(runconfig.Validate(ctx, config.RunConfig)...)
	}
}

// ValidateConfig checks the known parts of the run configuration.
func (a *runAction) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var config runActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(runconfig.Validate(ctx, config.RunConfig)...)
	}
}

// serializeRunConfig returns the serialised form of a known run_config, or nil if it is null. It reads a
// local job template.
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

// withoutTemplate returns a known run_config and its serialised form without the job template, so that no
// file is read.
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

// templateDigest returns the digest of the job template in a serialised run configuration, or of the path
// where the agent reads it; "" without a run configuration.
func templateDigest(config map[string]any) string {
	if config == nil {
		return ""
	}
	digest, err := inputs{RunConfig: map[string]any{
		"job_template": config["job_template"], "job_template_path": config["job_template_path"],
	}}.digest()
	if err != nil {
		return "" // what cannot be encoded was not sent either
	}
	return digest
}

func sameDigest(a, b map[string]any) bool {
	left, errLeft := inputs{RunConfig: a}.digest()
	right, errRight := inputs{RunConfig: b}.digest()
	return errLeft == nil && errRight == nil && left == right
}

// runConfigOf converts the Server's run configuration to run_config; null if it is not a KubernetesRun. Only
// imports use it.
func runConfigOf(ctx context.Context, raw json.RawMessage) (types.Object, diag.Diagnostics) {
	object, _, diags := runconfig.Object(ctx, runconfig.Decode(raw))
	return object, diags
}
