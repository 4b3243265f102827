package runconfig

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
)

// Doubts warns of what the job template of a resolved value has that probably keeps flows from running. It is to be called
// when the plan changes the value.
func Doubts(ctx context.Context, value types.Object) diag.Diagnostics {
	run, _, diags := Parse(ctx, value)
	if run == nil || diags.HasError() || !framework.IsSet(run.JobTemplate) {
		return nil
	}
	template, err := decodeInline(run.JobTemplate)
	if err != nil {
		return nil // which is an error
	}
	at := Path().AtName("job_template")
	if framework.IsSet(run.JobTemplatePath) {
		at = Path().AtName("job_template_path")
	}
	return DoubtTemplate(at, template)
}

// DoubtTemplate is Doubts for a job template that comes from an attribute.
func DoubtTemplate(at path.Path, template map[string]any) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, d := range jobspec.Doubts(template) {
		diags.AddAttributeWarning(at, "The job template may not run the flow",
			fmt.Sprintf("Attribute %s: at %s: %s\n\n%s", at, d.Path, framework.Sentence(d.Problem), framework.Sentence(d.Remedy)))
	}
	return diags
}

// DroppedLabels warns of a run configuration that gives no labels and replaces one that has some: the labels go with it, so
// that other agents take the runs, or none. labels are those that are replaced, kept those that come from elsewhere.
// `labels = []` says that this is meant.
func DroppedLabels(ctx context.Context, value types.Object, labels, kept []string) diag.Diagnostics {
	run, _, diags := Parse(ctx, value)
	if run == nil || diags.HasError() || !run.Labels.IsNull() {
		return nil
	}
	var dropped []string
	for _, label := range labels {
		if !slices.Contains(kept, label) {
			dropped = append(dropped, label)
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	slices.Sort(dropped)
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(Path().AtName("labels"), "The run configuration drops the labels "+framework.Quoted(dropped),
		fmt.Sprintf("`run_config` takes the place of a run configuration with the labels %s, and gives none itself: agents are chosen without them, and runs "+
			"that have no label at all are taken only by agents without labels.\n\nSet `labels = [%s]` in `run_config.kubernetes` to keep them, or `labels = []` if this is meant.",
			framework.Quoted(dropped), framework.Quoted(dropped)))}
}
