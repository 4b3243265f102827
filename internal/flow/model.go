package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// model is the resource in HCL.
type model struct {
	ID             types.String `tfsdk:"id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	ProjectID      types.String `tfsdk:"project_id"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	Description    types.String `tfsdk:"description"`
	ScheduleActive types.Bool   `tfsdk:"schedule_active"`
	DeletionPolicy types.String `tfsdk:"deletion_policy"`

	inputs
	version

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// inputs are the arguments that together mean one serialised flow.
type inputs struct {
	FlowJSON  jsonValue    `tfsdk:"flow_json"`
	Name      types.String `tfsdk:"name"`
	Labels    types.Set    `tfsdk:"labels"`
	RunConfig types.Object `tfsdk:"run_config"`
}

// version is what is known of the newest version.
type version struct {
	FlowID         types.String `tfsdk:"flow_id"`
	Version        types.Int64  `tfsdk:"version"`
	FlowGroupID    types.String `tfsdk:"flow_group_id"`
	IdempotencyKey types.String `tfsdk:"idempotency_key"`
	CoreVersion    types.String `tfsdk:"core_version"`
	Parameters     types.List   `tfsdk:"parameters"`
	TaskCount      types.Int64  `tfsdk:"task_count"`
	Archived       types.Bool   `tfsdk:"archived"`
}

type runConfigModel struct {
	Kubernetes types.Object `tfsdk:"kubernetes"`
}

type kubernetesModel struct {
	JobTemplate        jsonValue    `tfsdk:"job_template"`
	JobTemplatePath    types.String `tfsdk:"job_template_path"`
	Image              types.String `tfsdk:"image"`
	Env                types.Map    `tfsdk:"env"`
	CPULimit           types.String `tfsdk:"cpu_limit"`
	CPURequest         types.String `tfsdk:"cpu_request"`
	MemoryLimit        types.String `tfsdk:"memory_limit"`
	MemoryRequest      types.String `tfsdk:"memory_request"`
	ServiceAccountName types.String `tfsdk:"service_account_name"`
	ImagePullSecrets   types.List   `tfsdk:"image_pull_secrets"`
	ImagePullPolicy    types.String `tfsdk:"image_pull_policy"`
	Labels             types.Set    `tfsdk:"labels"`
}

type parameterModel struct {
	Name     types.String `tfsdk:"name"`
	Required types.Bool   `tfsdk:"required"`
	Default  jsonValue    `tfsdk:"default"`
}

func kubernetesTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"job_template": jsonType{}, "job_template_path": types.StringType, "image": types.StringType,
		"env":       types.MapType{ElemType: types.StringType},
		"cpu_limit": types.StringType, "cpu_request": types.StringType,
		"memory_limit": types.StringType, "memory_request": types.StringType,
		"service_account_name": types.StringType,
		"image_pull_secrets":   types.ListType{ElemType: types.StringType},
		"image_pull_policy":    types.StringType,
		"labels":               types.SetType{ElemType: types.StringType},
	}
}

func runConfigTypes() map[string]attr.Type {
	return map[string]attr.Type{"kubernetes": types.ObjectType{AttrTypes: kubernetesTypes()}}
}

func parameterTypes() map[string]attr.Type {
	return map[string]attr.Type{"name": types.StringType, "required": types.BoolType, "default": jsonType{}}
}

// kubernetes returns the typed run configuration, or nil if there is none. known
// is false if it, or any attribute of it, is unknown; the model then holds what
// is known.
func (in inputs) kubernetes(ctx context.Context) (run *kubernetesModel, known bool, diags diag.Diagnostics) {
	if in.RunConfig.IsUnknown() {
		return nil, false, nil
	}
	if in.RunConfig.IsNull() {
		return nil, true, nil
	}
	var config runConfigModel
	diags.Append(in.RunConfig.As(ctx, &config, basetypes.ObjectAsOptions{})...)
	if diags.HasError() || config.Kubernetes.IsUnknown() {
		return nil, false, diags
	}
	if config.Kubernetes.IsNull() {
		return nil, true, diags
	}
	run = &kubernetesModel{}
	diags.Append(config.Kubernetes.As(ctx, run, basetypes.ObjectAsOptions{})...)
	return run, !diags.HasError() && fullyKnown(config.Kubernetes), diags
}

// fullyKnown says whether a value is known with everything in it.
func fullyKnown(v attr.Value) bool {
	switch v := v.(type) {
	case basetypes.ObjectValue:
		if v.IsUnknown() {
			return false
		}
		for _, inner := range v.Attributes() {
			if !fullyKnown(inner) {
				return false
			}
		}
		return true
	case interface {
		attr.Value
		Elements() []attr.Value
	}:
		return !v.IsUnknown() && !slices.ContainsFunc(v.Elements(), func(e attr.Value) bool { return !fullyKnown(e) })
	case types.Map:
		if v.IsUnknown() {
			return false
		}
		for _, inner := range v.Elements() {
			if !fullyKnown(inner) {
				return false
			}
		}
		return true
	}
	return !v.IsUnknown()
}

// serialization converts the model to what the flow is serialised with. A local
// template path must have been resolved into job_template before; see
// resolveTemplate.
func (m *kubernetesModel) serialization() (serialization.KubernetesRun, diag.Diagnostics) {
	var diags diag.Diagnostics
	run := serialization.KubernetesRun{
		Image:              framework.StringPointer(m.Image),
		CPULimit:           framework.StringPointer(m.CPULimit),
		CPURequest:         framework.StringPointer(m.CPURequest),
		MemoryLimit:        framework.StringPointer(m.MemoryLimit),
		MemoryRequest:      framework.StringPointer(m.MemoryRequest),
		ServiceAccountName: framework.StringPointer(m.ServiceAccountName),
		ImagePullPolicy:    framework.StringPointer(m.ImagePullPolicy),
	}
	if path := m.JobTemplatePath; framework.IsSet(path) && !localTemplate(path.ValueString()) {
		run.JobTemplatePath = framework.StringPointer(path)
	}
	if framework.IsSet(m.Env) {
		run.Env = map[string]string{}
		for name, value := range m.Env.Elements() {
			run.Env[name] = text(value)
		}
	}
	if framework.IsSet(m.ImagePullSecrets) {
		run.ImagePullSecrets = texts(m.ImagePullSecrets.Elements())
	}
	if framework.IsSet(m.Labels) {
		run.Labels = texts(m.Labels.Elements())
	}
	if framework.IsSet(m.JobTemplate) {
		template, err := decodeTemplate([]byte(m.JobTemplate.ValueString()))
		if err != nil {
			diags.AddAttributeError(kubernetesPath().AtName("job_template"), "Job template is not an object", "Attribute job_template: "+sentence(err.Error()))
		}
		run.JobTemplate = template
	}
	return run, diags
}

// texts are the known strings among elements. Null ones are refused by the
// schema; they must not get in the way of the other checks.
func texts(elements []attr.Value) []string {
	out := make([]string, 0, len(elements))
	for _, e := range elements {
		if framework.IsSet(e) {
			out = append(out, text(e))
		}
	}
	return out
}

func text(v attr.Value) string {
	s, ok := v.(types.String)
	if !ok {
		return ""
	}
	return s.ValueString()
}

// kubernetesObject makes the value of run_config from a serialised run
// configuration, for import. It is null for other types of run configuration.
func kubernetesObject(ctx context.Context, config map[string]any) (types.Object, diag.Diagnostics) {
	null := types.ObjectNull(runConfigTypes())
	if config["type"] != "KubernetesRun" {
		return null, nil
	}
	run, err := serialization.ParseKubernetesRun(config)
	if err != nil {
		return null, nil // not representable: flow_json alone carries it
	}
	template := jsonNull()
	if run.JobTemplate != nil {
		if template, err = jsonOf(run.JobTemplate); err != nil {
			return null, nil
		}
	}
	var diags diag.Diagnostics
	m := kubernetesModel{
		JobTemplate:        template,
		JobTemplatePath:    framework.StringOrNull(run.JobTemplatePath),
		Image:              framework.StringOrNull(run.Image),
		CPULimit:           framework.StringOrNull(run.CPULimit),
		CPURequest:         framework.StringOrNull(run.CPURequest),
		MemoryLimit:        framework.StringOrNull(run.MemoryLimit),
		MemoryRequest:      framework.StringOrNull(run.MemoryRequest),
		ServiceAccountName: framework.StringOrNull(run.ServiceAccountName),
		ImagePullPolicy:    framework.StringOrNull(run.ImagePullPolicy),
	}
	var d diag.Diagnostics
	m.Env, d = framework.StringMap(ctx, run.Env)
	diags.Append(d...)
	m.ImagePullSecrets, d = framework.StringList(ctx, run.ImagePullSecrets)
	diags.Append(d...)
	m.Labels, d = framework.StringSet(ctx, notNil(run.Labels))
	diags.Append(d...)
	kubernetes, d := types.ObjectValueFrom(ctx, kubernetesTypes(), m)
	diags.Append(d...)
	object, d := types.ObjectValue(runConfigTypes(), map[string]attr.Value{"kubernetes": kubernetes})
	diags.Append(d...)
	if diags.HasError() {
		return null, diags
	}
	return object, diags
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// describe fills what follows from a flow alone: parameters, number of tasks,
// version of Prefect.
func (v *version) describe(ctx context.Context, f *serialization.Flow) diag.Diagnostics {
	parameters, diags := parametersOf(ctx, f)
	v.Parameters = parameters
	v.TaskCount = types.Int64Value(int64(f.TaskCount()))
	v.CoreVersion = framework.StringOrNullIfEmpty(f.CoreVersion())
	return diags
}

func parametersOf(ctx context.Context, f *serialization.Flow) (types.List, diag.Diagnostics) {
	models := []parameterModel{}
	for _, p := range f.Parameters() {
		value := jsonNull()
		if !p.Required {
			text, err := serialization.Canonical(p.Default)
			if err != nil {
				return parametersUnknown(), diag.Diagnostics{diag.NewErrorDiagnostic(
					fmt.Sprintf("Default of parameter %q is not JSON", p.Name), sentence(err.Error()))}
			}
			value = jsonString(string(text))
		}
		models = append(models, parameterModel{
			Name: types.StringValue(p.Name), Required: types.BoolValue(p.Required), Default: value,
		})
	}
	return types.ListValueFrom(ctx, types.ObjectType{AttrTypes: parameterTypes()}, models)
}

func parametersUnknown() types.List {
	return types.ListUnknown(types.ObjectType{AttrTypes: parameterTypes()})
}

// fromServer takes over what the Server's record of a version says and can
// change.
func (m *model) fromServer(f *prefect.Flow) {
	m.ID = types.StringValue(f.VersionGroupID)
	m.VersionGroupID = types.StringValue(f.VersionGroupID)
	m.TenantID = types.StringValue(f.TenantID)
	m.ProjectID = types.StringValue(f.ProjectID)
	m.Description = framework.StringOrNull(f.Description)
	m.ScheduleActive = types.BoolValue(f.IsScheduleActive)
	m.FlowID = types.StringValue(f.ID)
	m.Version = types.Int64Value(int64(f.Version))
	m.FlowGroupID = types.StringValue(f.FlowGroupID)
	m.Archived = types.BoolValue(f.Archived)
}

// describeStored fills what follows from the flow, as the Server has stored it.
func (v *version) describeStored(ctx context.Context, f *prefect.Flow) diag.Diagnostics {
	summary, err := summaryOf(f)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic(
			fmt.Sprintf("The Server's record of flow %q cannot be read", f.Name), sentence(err.Error()))}
	}
	return v.describe(ctx, summary)
}

// summaryOf makes a flow that has the parameters, the version of Prefect and as
// many tasks as the Server's columns say, so that reading does not need to fetch
// the serialised flow, which can be megabytes.
func summaryOf(f *prefect.Flow) (*serialization.Flow, error) {
	parameters := any([]any{})
	if len(f.Parameters) > 0 {
		value, err := serialization.Decode(f.Parameters)
		if err != nil {
			return nil, fmt.Errorf("parameters: %w", err)
		}
		if list, ok := value.([]any); ok {
			parameters = list
		}
	}
	tasks := make([]any, f.TaskCount)
	data := map[string]any{"name": f.Name, "parameters": parameters, "tasks": tasks}
	if f.CoreVersion != "" {
		data["__version__"] = f.CoreVersion
	}
	return serialization.NewFlow(data), nil
}

// decodeObject decodes a JSON object.
func decodeObject(raw json.RawMessage) (map[string]any, error) {
	value, err := serialization.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("decode: expected an object, got %T", value)
	}
	return object, nil
}
