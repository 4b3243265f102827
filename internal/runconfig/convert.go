package runconfig

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// serializedBy is the version of Prefect whose serialised form is sent. Agents of other 1.x releases can read
// it too.
const serializedBy = "1.4.1"

// Path is the path of the attributes.
func Path() path.Path { return path.Root("run_config").AtName("kubernetes") }

// Parse returns run_config.kubernetes, or nil if there is none. known is false if it or one of its attributes
// is unknown; the result then has the known ones.
func Parse(ctx context.Context, value types.Object) (run *Kubernetes, known bool, diags diag.Diagnostics) {
	if value.IsUnknown() {
		return nil, false, nil
	}
	if value.IsNull() {
		return nil, true, nil
	}
	var config model
	diags.Append(value.As(ctx, &config, basetypes.ObjectAsOptions{})...)
	if diags.HasError() || config.Kubernetes.IsUnknown() {
		return nil, false, diags
	}
	if config.Kubernetes.IsNull() {
		return nil, true, diags
	}
	run = &Kubernetes{}
	diags.Append(config.Kubernetes.As(ctx, run, basetypes.ObjectAsOptions{})...)
	return run, !diags.HasError() && framework.FullyKnown(config.Kubernetes), diags
}

// Value returns the run_config with these attributes.
func (k *Kubernetes) Value(ctx context.Context) (types.Object, diag.Diagnostics) {
	kubernetes, diags := types.ObjectValueFrom(ctx, kubernetesTypes(), k)
	object, d := types.ObjectValueFrom(ctx, Types(), model{Kubernetes: kubernetes})
	diags.Append(d...)
	return object, diags
}

// Resolve reads a local job template into job_template, as the 1.x client does when it creates a
// KubernetesRun. The plan then shows the template, and the apply uses the planned one even if the file has
// changed since. An existing job_template is kept. During plan, an unknown job_template comes from the
// configuration; during apply, it means that the template must still be read, because its path was not known
// before.
func Resolve(ctx context.Context, value types.Object, applying bool) (types.Object, diag.Diagnostics) {
	run, _, diags := Parse(ctx, value)
	if run == nil || diags.HasError() {
		return value, diags
	}
	file := run.JobTemplatePath
	switch {
	case !run.JobTemplate.IsNull() && (!applying || !run.JobTemplate.IsUnknown()):
		return value, diags
	case file.IsUnknown():
		run.JobTemplate = framework.JSONUnknown()
	case file.IsNull() || !localTemplate(file.ValueString()):
		run.JobTemplate = framework.JSONNull()
	default:
		template, err := readTemplate(file.ValueString())
		if err != nil {
			diags.AddAttributeError(Path().AtName("job_template_path"), "Job template cannot be read",
				framework.Sentence(err.Error())+"\n\n"+templateRemedy(err))
			return value, diags
		}
		run.JobTemplate = template
	}
	object, d := run.Value(ctx)
	diags.Append(d...)
	return object, diags
}

// Validate checks the known parts of the configuration, without Kubernetes. A local job template that cannot
// be read is not an error yet: it may be written between validation and plan.
func Validate(ctx context.Context, value types.Object) diag.Diagnostics {
	run, _, diags := Parse(ctx, value)
	if diags.HasError() {
		return nil // reported by the attribute's type
	}
	if run == nil {
		return diags
	}
	if diags.Append(run.oneTemplate()...); diags.HasError() {
		return diags
	}
	resolved, d := Resolve(ctx, value, false)
	if d.HasError() {
		resolved = value
	}
	return Check(ctx, resolved)
}

// oneTemplate rejects two job templates.
func (k *Kubernetes) oneTemplate() diag.Diagnostics {
	if !framework.IsSet(k.JobTemplatePath) || k.JobTemplate.IsNull() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(Path().AtName("job_template_path"), "Two job templates",
		"`job_template` and `job_template_path` cannot be combined. Remove one of them.")}
}

// Check checks the known parts of a resolved value.
func Check(ctx context.Context, value types.Object) diag.Diagnostics {
	run, _, diags := Parse(ctx, value)
	if run == nil || diags.HasError() {
		return diags
	}
	typed, d := run.typed()
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	for _, problem := range serialization.Problems(typed.Validate()) {
		at, where := problemPath(problem.Path)
		// For an attribute inside an object, Terraform shows only the block.
		diags.AddAttributeError(at, "Invalid run configuration", fmt.Sprintf("Attribute %s: %s", at, framework.Problem(where, problem)))
	}
	return diags
}

// Serialize returns the serialised form of a resolved value, or nil if it is null or not fully known.
func Serialize(ctx context.Context, value types.Object) (map[string]any, diag.Diagnostics) {
	return SerializeAs(ctx, value, serializedBy)
}

// SerializeAs is Serialize in the form of a version of Prefect.
func SerializeAs(ctx context.Context, value types.Object, version string) (map[string]any, diag.Diagnostics) {
	run, known, diags := Parse(ctx, value)
	if run == nil || !known || diags.HasError() {
		return nil, diags
	}
	typed, d := run.typed()
	diags.Append(d...)
	if diags.HasError() {
		return nil, diags
	}
	config, err := typed.Serialize(version)
	if err != nil {
		diags.AddAttributeError(Path(), "Run configuration cannot be serialised", framework.Sentence(err.Error()))
	}
	return config, diags
}

// Same reports whether two serialised run configurations mean the same, whichever version of Prefect wrote
// them.
func Same(a, b map[string]any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return serialization.SameServed(meaning(a), meaning(b))
}

// meaning is a run configuration without its version and, of a KubernetesRun,
// with every field and with sorted labels.
func meaning(config map[string]any) map[string]any {
	if run, err := serialization.ParseKubernetesRun(config); err == nil {
		if full, err := run.Serialize(""); err == nil {
			return full
		}
	}
	out := make(map[string]any, len(config))
	for key, value := range config {
		if key != "__version__" {
			out[key] = value
		}
	}
	return out
}

// Decode decodes the Server's JSON; nil for null, or anything but an object.
func Decode(raw json.RawMessage) map[string]any {
	value, err := serialization.Decode(raw)
	if err != nil {
		return nil
	}
	config, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	return config
}

// Object converts a serialised run configuration to run_config. It is null, and ok is false, if HCL cannot
// express it.
func Object(ctx context.Context, config map[string]any) (object types.Object, ok bool, diags diag.Diagnostics) {
	run, err := serialization.ParseKubernetesRun(config)
	if err != nil {
		return Null(), false, nil
	}
	template := framework.JSONNull()
	if run.JobTemplate != nil {
		if template, err = framework.JSONOf(run.JobTemplate); err != nil {
			return Null(), false, nil
		}
	}
	k := Kubernetes{
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
	k.Env, d = framework.StringMap(ctx, run.Env)
	diags.Append(d...)
	k.ImagePullSecrets, d = framework.StringList(ctx, run.ImagePullSecrets)
	diags.Append(d...)
	k.Labels, d = framework.StringSet(ctx, append([]string{}, run.Labels...))
	diags.Append(d...)
	object, d = k.Value(ctx)
	diags.Append(d...)
	return object, !diags.HasError(), diags
}

// typed converts the model. A local template path must already have been resolved to job_template.
func (k *Kubernetes) typed() (serialization.KubernetesRun, diag.Diagnostics) {
	var diags diag.Diagnostics
	run := serialization.KubernetesRun{
		Image:              framework.StringPointer(k.Image),
		CPULimit:           framework.StringPointer(k.CPULimit),
		CPURequest:         framework.StringPointer(k.CPURequest),
		MemoryLimit:        framework.StringPointer(k.MemoryLimit),
		MemoryRequest:      framework.StringPointer(k.MemoryRequest),
		ServiceAccountName: framework.StringPointer(k.ServiceAccountName),
		ImagePullPolicy:    framework.StringPointer(k.ImagePullPolicy),
	}
	if at := k.JobTemplatePath; framework.IsSet(at) && !localTemplate(at.ValueString()) {
		run.JobTemplatePath = framework.StringPointer(at)
	}
	if framework.IsSet(k.Env) {
		run.Env = map[string]string{}
		for name, value := range k.Env.Elements() {
			if s, ok := value.(types.String); ok {
				run.Env[name] = s.ValueString()
			}
		}
	}
	if framework.IsSet(k.ImagePullSecrets) {
		run.ImagePullSecrets = framework.KnownStrings(k.ImagePullSecrets.Elements())
	}
	if framework.IsSet(k.Labels) {
		run.Labels = framework.KnownStrings(k.Labels.Elements())
	}
	if framework.IsSet(k.JobTemplate) {
		template, err := decodeInline(k.JobTemplate)
		if err != nil {
			diags.AddAttributeError(Path().AtName("job_template"), "Job template is not an object", "Attribute job_template: "+framework.Sentence(err.Error()))
		}
		run.JobTemplate = template
	}
	return run, diags
}

// problemPath returns the attribute that a problem of a KubernetesRun concerns, and the place within the
// attribute.
func problemPath(place string) (path.Path, string) {
	name, rest := place, ""
	if i := strings.IndexAny(place, ".["); i >= 0 {
		name, rest = place[:i], strings.TrimPrefix(place[i:], ".")
	}
	if _, ok := kubernetesTypes()[name]; !ok {
		return Path(), place
	}
	return Path().AtName(name), rest
}
