package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// intent is what inputs mean: the flow as it would be sent, and its key.
type intent struct {
	flow *serialization.Flow
	key  string
}

func kubernetesPath() path.Path { return path.Root("run_config").AtName("kubernetes") }

// resolve reads a local job template into job_template, as the 1.x client does
// when a KubernetesRun is made, so that the plan shows the template and the
// apply uses the planned one even if the file has changed since. A job_template
// that is there already is kept. While planning, a job_template that is unknown
// is one of the configuration; while applying, it is this one, still to be read
// because its path was not known before.
func (in inputs) resolve(ctx context.Context, applying bool) (inputs, diag.Diagnostics) {
	run, _, diags := in.kubernetes(ctx)
	if run == nil || diags.HasError() {
		return in, diags
	}
	file := run.JobTemplatePath
	missing := run.JobTemplate.IsNull() || applying && run.JobTemplate.IsUnknown()
	switch {
	case !missing:
		return in, diags
	case file.IsUnknown():
		run.JobTemplate = jsonUnknown()
	case file.IsNull() || !localTemplate(file.ValueString()):
		run.JobTemplate = jsonNull()
	default:
		template, err := readTemplate(file.ValueString())
		if err != nil {
			diags.AddAttributeError(kubernetesPath().AtName("job_template_path"), "Job template cannot be read",
				sentence(err.Error())+"\n\n"+templateRemedy(err))
			return in, diags
		}
		run.JobTemplate = template
	}
	object, d := run.object(ctx)
	diags.Append(d...)
	if !d.HasError() {
		in.RunConfig = object
	}
	return in, diags
}

func (m *kubernetesModel) object(ctx context.Context) (types.Object, diag.Diagnostics) {
	kubernetes, diags := types.ObjectValueFrom(ctx, kubernetesTypes(), m)
	object, d := types.ObjectValueFrom(ctx, runConfigTypes(), runConfigModel{Kubernetes: kubernetes})
	diags.Append(d...)
	return object, diags
}

// intent works out what the inputs mean and checks it. It is nil if that cannot
// be known yet, because an input is unknown, or if it is wrong; what can be
// checked in spite of unknown inputs is checked. Local job templates must have
// been resolved.
func (in inputs) intent(ctx context.Context) (*intent, diag.Diagnostics) {
	run, runKnown, diags := in.kubernetes(ctx)
	if diags.HasError() {
		return nil, diags
	}
	diags.Append(in.checkRun(run)...)

	if !framework.IsSet(in.FlowJSON) {
		return nil, diags
	}
	if in.Name.IsUnknown() {
		diags.Append(in.checkDocument()...)
		return nil, diags
	}
	f, err := serialization.ParseFlow([]byte(in.FlowJSON.ValueString()), in.Name.ValueString())
	if err != nil {
		diags.Append(locate(err, in)...)
		return nil, diags
	}
	if run != nil || !runKnown {
		f = f.WithRunConfig(nil) // what is replaced need not be valid
	}
	if err := f.Validate(); err != nil {
		diags.Append(locate(err, in)...)
	}
	if diags.HasError() || !runKnown || !fullyKnown(in.Labels) {
		return nil, diags
	}
	return in.merge(f, run, diags)
}

// merge puts the run configuration and the labels into the flow.
func (in inputs) merge(f *serialization.Flow, run *kubernetesModel, diags diag.Diagnostics) (*intent, diag.Diagnostics) {
	if run != nil {
		typed, d := run.serialization()
		diags.Append(d...)
		if diags.HasError() {
			return nil, diags
		}
		config, err := typed.Serialize(f.CoreVersion())
		if err != nil {
			diags.AddAttributeError(kubernetesPath(), "Run configuration cannot be serialised", sentence(err.Error()))
			return nil, diags
		}
		f = f.WithRunConfig(config)
	}
	f = f.WithLabels(texts(in.Labels.Elements()))
	key, err := f.Key()
	if err != nil {
		diags.AddAttributeError(path.Root("flow_json"), "Flow cannot be serialised", sentence(err.Error()))
	}
	if diags.HasError() {
		return nil, diags
	}
	return &intent{flow: f, key: key}, diags
}

// checkDocument checks a build document, or a flow, of which the name to pick is
// not known yet.
func (in inputs) checkDocument() diag.Diagnostics {
	_, err := serialization.ParseFlow([]byte(in.FlowJSON.ValueString()), "")
	if errors.Is(err, serialization.ErrAmbiguousFlow) {
		return nil // the name will tell
	}
	return locate(err, in)
}

// checkRun checks the typed run configuration, as far as it is known.
func (in inputs) checkRun(run *kubernetesModel) diag.Diagnostics {
	if run == nil {
		return nil
	}
	typed, diags := run.serialization()
	if diags.HasError() {
		return diags
	}
	for _, problem := range serialization.Problems(typed.Validate()) {
		at, where := kubernetesProblemPath(problem.Path)
		// Terraform shows the block only for an attribute inside an object.
		diags.AddAttributeError(at, "Invalid run configuration", fmt.Sprintf("Attribute %s: %s", at, detail(where, problem)))
	}
	return diags
}

// kubernetesProblemPath is the attribute that a problem of a KubernetesRun
// concerns, and the place within the attribute.
func kubernetesProblemPath(place string) (path.Path, string) {
	name, rest := place, ""
	if i := strings.IndexAny(place, ".["); i >= 0 {
		name, rest = place[:i], strings.TrimPrefix(place[i:], ".")
	}
	if _, ok := kubernetesTypes()[name]; !ok {
		return kubernetesPath(), place
	}
	return kubernetesPath().AtName(name), rest
}

// locate puts the errors of package serialization at the attributes of the
// resource that cause them.
func locate(err error, in inputs) diag.Diagnostics {
	if err == nil {
		return nil
	}
	var diags diag.Diagnostics
	problems := serialization.Problems(err)
	for _, problem := range problems {
		at := path.Root("flow_json")
		if errors.Is(problem, serialization.ErrFlowNotFound) && framework.IsSet(in.Name) {
			at = path.Root("name")
		}
		if errors.Is(problem, serialization.ErrAmbiguousFlow) && !framework.IsSet(in.Name) {
			at = path.Root("name")
		}
		diags.AddAttributeError(at, summaryOfProblem(problem), detail(problem.Path, problem))
	}
	if len(problems) == 0 {
		diags.AddAttributeError(path.Root("flow_json"), "Not JSON", sentence(err.Error())+
			"\n\nGive the text of the file that `prefect build` writes, such as `file(\"flows.json\")`.")
	}
	return diags
}

func summaryOfProblem(problem error) string {
	switch {
	case errors.Is(problem, serialization.ErrDocument):
		return "Not a build document"
	case errors.Is(problem, serialization.ErrDocumentVersion):
		return "Unsupported version of a build document"
	case errors.Is(problem, serialization.ErrFlowNotFound):
		return "No such flow in the build document"
	case errors.Is(problem, serialization.ErrAmbiguousFlow):
		return "Several flows to choose from"
	case errors.Is(problem, serialization.ErrInvalidRunConfig):
		return "Invalid run configuration"
	}
	return "Invalid flow"
}

func detail(where string, problem *serialization.Error) string {
	text := sentence(capitalise(problem.Problem))
	if where != "" {
		text = "At " + where + ": " + sentence(problem.Problem)
	}
	if problem.Remedy != "" {
		text += "\n\n" + sentence(problem.Remedy)
	}
	return text
}

func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

func capitalise(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// name is the flow's name, which is known as soon as the flow is.
func (in inputs) name(want *intent) types.String {
	switch {
	case want != nil:
		return types.StringValue(want.flow.Name())
	case in.Name.IsNull():
		return types.StringUnknown()
	}
	return in.Name
}
