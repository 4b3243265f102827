package flowrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// serializedBy is the version of Prefect whose form of a run configuration is
// sent. Agents of other 1.x releases read it too.
const serializedBy = "1.4.1"

// runConfigModel is run_config.
type runConfigModel struct {
	Kubernetes *kubernetesModel `tfsdk:"kubernetes"`
}

// kubernetesModel is run_config.kubernetes.
type kubernetesModel struct {
	JobTemplate        jsontypes.Normalized `tfsdk:"job_template"`
	JobTemplatePath    types.String         `tfsdk:"job_template_path"`
	Image              types.String         `tfsdk:"image"`
	Env                types.Map            `tfsdk:"env"`
	CPULimit           types.String         `tfsdk:"cpu_limit"`
	CPURequest         types.String         `tfsdk:"cpu_request"`
	MemoryLimit        types.String         `tfsdk:"memory_limit"`
	MemoryRequest      types.String         `tfsdk:"memory_request"`
	ServiceAccountName types.String         `tfsdk:"service_account_name"`
	ImagePullSecrets   types.List           `tfsdk:"image_pull_secrets"`
	ImagePullPolicy    types.String         `tfsdk:"image_pull_policy"`
	Labels             types.Set            `tfsdk:"labels"`
}

func runConfigTypes() map[string]attr.Type {
	return map[string]attr.Type{"kubernetes": types.ObjectType{AttrTypes: kubernetesTypes()}}
}

func kubernetesTypes() map[string]attr.Type {
	text := types.StringType
	return map[string]attr.Type{
		"job_template": jsontypes.NormalizedType{}, "job_template_path": text, "image": text,
		"env": types.MapType{ElemType: text}, "cpu_limit": text, "cpu_request": text, "memory_limit": text, "memory_request": text,
		"service_account_name": text, "image_pull_secrets": types.ListType{ElemType: text}, "image_pull_policy": text,
		"labels": types.SetType{ElemType: text},
	}
}

func runConfigAttribute() schema.Attribute {
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	notEmpty := stringvalidator.LengthAtLeast(1)
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true,
		PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "Run configuration of this run, in place of the flow group's and the flow's, whose labels it replaces too. " +
			"Changing it starts a new run.",
		Attributes: map[string]schema.Attribute{
			"kubernetes": schema.SingleNestedAttribute{
				Required: true,
				MarkdownDescription: "Run the flow as a Kubernetes Job: `KubernetesRun` of Prefect 1. An attribute that is left out leaves the " +
					"decision to the job template and the agent.",
				Attributes: map[string]schema.Attribute{
					"job_template": schema.StringAttribute{
						Optional: true, CustomType: jsontypes.NormalizedType{},
						Validators: []validator.String{jsonObject(), stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("job_template_path"))},
						MarkdownDescription: "Job template, a `batch/v1` Job as JSON, such as `jsonencode(yamldecode(file(\"job.yaml\")))`. " +
							"Excludes `job_template_path`.",
					},
					"job_template_path": text("Path of a job template, YAML or JSON. A local file is read when the run is created; that its content "+
						"changes does not start a new run, unless `triggers` has its hash. `s3://`, `gcs://` and `agent://` are read by the agent.", notEmpty),
					"image":                text("Image of the flow's container. Not used by a flow with Docker storage, which has its own.", notEmpty),
					"env":                  schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Environment variables of the flow's container."},
					"cpu_limit":            text("CPU limit of the flow's container, a Kubernetes quantity such as `1` or `500m`.", notEmpty),
					"cpu_request":          text("CPU request of the flow's container, a Kubernetes quantity such as `1` or `500m`.", notEmpty),
					"memory_limit":         text("Memory limit of the flow's container, a Kubernetes quantity such as `512Mi`.", notEmpty),
					"memory_request":       text("Memory request of the flow's container, a Kubernetes quantity such as `512Mi`.", notEmpty),
					"service_account_name": text("Service account of the pod.", notEmpty),
					"image_pull_secrets": schema.ListAttribute{
						Optional: true, ElementType: types.StringType, MarkdownDescription: "Names of the secrets to pull images with.",
						Validators: []validator.List{listvalidator.ValueStringsAre(notEmpty)},
					},
					"image_pull_policy": text("Pull policy of the flow's image: `Always`, `IfNotPresent` or `Never`.", stringvalidator.OneOf("Always", "IfNotPresent", "Never")),
					"labels": schema.SetAttribute{
						Optional: true, ElementType: types.StringType,
						MarkdownDescription: "Labels of the run, unless `labels` gives them.",
						Validators:          []validator.Set{setvalidator.ValueStringsAre(notEmpty)},
					},
				},
			},
		},
	}
}

// serializeRunConfig returns the serialised form of a known run_config, or nil if
// it is null. A local job template is read.
func serializeRunConfig(ctx context.Context, value types.Object) (map[string]any, diag.Diagnostics) {
	if value.IsNull() || value.IsUnknown() {
		return nil, nil
	}
	var config runConfigModel
	diags := value.As(ctx, &config, basetypes.ObjectAsOptions{})
	if diags.HasError() || config.Kubernetes == nil {
		return nil, diags
	}
	at := path.Root("run_config").AtName("kubernetes")
	run, d := config.Kubernetes.run(ctx)
	diags.Append(d...)
	if diags.HasError() {
		return nil, diags
	}
	if err := readTemplate(&run); err != nil {
		diags.AddAttributeError(at.AtName("job_template_path"), "The job template cannot be used", err.Error())
		return nil, diags
	}
	if err := run.Validate(); err != nil {
		diags.AddAttributeError(at, "The run configuration is not valid", err.Error())
		return nil, diags
	}
	serialised, err := run.Serialize(serializedBy)
	if err != nil {
		diags.AddAttributeError(at, "The run configuration cannot be serialised", err.Error())
	}
	return serialised, diags
}

func (m kubernetesModel) run(ctx context.Context) (serialization.KubernetesRun, diag.Diagnostics) {
	var diags diag.Diagnostics
	run := serialization.KubernetesRun{
		JobTemplatePath: framework.StringPointer(m.JobTemplatePath), Image: framework.StringPointer(m.Image),
		CPULimit: framework.StringPointer(m.CPULimit), CPURequest: framework.StringPointer(m.CPURequest),
		MemoryLimit: framework.StringPointer(m.MemoryLimit), MemoryRequest: framework.StringPointer(m.MemoryRequest),
		ServiceAccountName: framework.StringPointer(m.ServiceAccountName), ImagePullPolicy: framework.StringPointer(m.ImagePullPolicy),
	}
	var d diag.Diagnostics
	run.Env, d = framework.StringsByKey(ctx, m.Env)
	diags.Append(d...)
	run.ImagePullSecrets, d = framework.Strings(ctx, m.ImagePullSecrets)
	diags.Append(d...)
	run.Labels, d = framework.Strings(ctx, m.Labels)
	diags.Append(d...)
	if framework.IsSet(m.JobTemplate) {
		template, err := decodeJSON(m.JobTemplate.ValueString())
		object, ok := template.(map[string]any)
		if err != nil || !ok {
			diags.AddAttributeError(path.Root("run_config").AtName("kubernetes").AtName("job_template"), "Not a JSON object",
				"The job template must be a JSON object.")
		}
		run.JobTemplate = object
	}
	return run, diags
}

// readTemplate replaces the path of a local job template by its content, as the
// 1.x client does before it sends a run configuration.
func readTemplate(run *serialization.KubernetesRun) error {
	if run.JobTemplatePath == nil {
		return nil
	}
	name := *run.JobTemplatePath
	for _, scheme := range []string{"file://", "local://"} {
		name = strings.TrimPrefix(name, scheme)
	}
	if strings.Contains(name, "://") {
		return nil
	}
	text, err := os.ReadFile(name) //nolint:gosec // the path is what the user gave for this
	if err != nil {
		return fmt.Errorf("read the job template: %w", err)
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fmt.Errorf("%s is neither YAML nor JSON: %w", name, err)
	}
	template, err := decodeJSON(string(asJSON))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	object, ok := template.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %w", name, errNotAnObject)
	}
	run.JobTemplate, run.JobTemplatePath = object, nil
	return nil
}

var errNotAnObject = errors.New("the job template must be an object")

// runConfigOf returns run_config for what the Server holds; null if that is not a
// KubernetesRun. It serves import only.
func runConfigOf(ctx context.Context, raw json.RawMessage) (types.Object, diag.Diagnostics) {
	null := types.ObjectNull(runConfigTypes())
	value, err := decodeJSON(string(raw))
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return null, nil
	}
	run, err := serialization.ParseKubernetesRun(object)
	if err != nil {
		return null, nil // another kind of run configuration has no form in HCL
	}
	m := kubernetesModel{
		JobTemplate: jsontypes.NewNormalizedNull(), JobTemplatePath: types.StringPointerValue(run.JobTemplatePath),
		Image: types.StringPointerValue(run.Image), CPULimit: types.StringPointerValue(run.CPULimit),
		CPURequest: types.StringPointerValue(run.CPURequest), MemoryLimit: types.StringPointerValue(run.MemoryLimit),
		MemoryRequest: types.StringPointerValue(run.MemoryRequest), ServiceAccountName: types.StringPointerValue(run.ServiceAccountName),
		ImagePullPolicy: types.StringPointerValue(run.ImagePullPolicy),
	}
	if run.JobTemplate != nil {
		text, err := serialization.Canonical(run.JobTemplate)
		if err != nil {
			return null, diag.Diagnostics{diag.NewErrorDiagnostic("Job template cannot be encoded", err.Error())}
		}
		m.JobTemplate = jsontypes.NewNormalizedValue(string(text))
	}
	var diags, d diag.Diagnostics
	m.Env, d = framework.StringMap(ctx, run.Env)
	diags.Append(d...)
	m.ImagePullSecrets, d = framework.StringList(ctx, run.ImagePullSecrets)
	diags.Append(d...)
	m.Labels, d = framework.StringSet(ctx, run.Labels)
	diags.Append(d...)
	out, d := types.ObjectValueFrom(ctx, runConfigTypes(), runConfigModel{Kubernetes: &m})
	diags.Append(d...)
	return out, diags
}
