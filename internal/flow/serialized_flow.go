package flow

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/recent"
)

// intent is the meaning of the inputs: the flow as it would be sent, and its key.
type intent struct {
	// flow is nil where the key is all that is needed; see planning.unchanged.
	flow      *serialization.Flow
	key, name string
	source    string   // the argument that the flow comes from
	labels    []string // of the flow's own run configuration, before `labels` and `run_config` of the resource
}

// at is the place of messages about the flow.
func (i *intent) at() path.Path { return path.Root(i.source) }

// resolve reads a local job template into the run configuration; see
// runconfig.Resolve.
func (in inputs) resolve(ctx context.Context, applying bool) (inputs, diag.Diagnostics) {
	config, diags := runconfig.Resolve(ctx, in.RunConfig, applying)
	if !diags.HasError() {
		in.RunConfig = config
	}
	return in, diags
}

// rememberedText is how many bytes of flow_json to cache meanings for.
const rememberedText = 16 << 20

// maxFlowText is the maximum size of a flow, in bytes. Terraform sends it three times in one message (state,
// plan and configuration), and a message of its plugin protocol is limited to 256 MiB.
const maxFlowText = 64 << 20

// meaning is the result of inputs.intent.
type meaning struct {
	intent *intent
	diags  diag.Diagnostics
}

// meanings caches the recent results: Terraform passes the same inputs to validate, read, plan and apply.
var meanings = recent.New[[sha256.Size]byte, meaning](rememberedText)

// intent returns the meaning of the inputs after checking them. It is nil if an input is unknown or invalid;
// what can be checked despite unknown inputs is checked. Local job templates must have been resolved,
// and a file read.
func (in inputs) intent(ctx context.Context) (*intent, diag.Diagnostics) {
	text, _ := in.text()
	found := meanings.Get(in.fingerprint(), len(text), func() meaning { //nolint:contextcheck // as in note
		found, diags := in.interpret(ctx)
		return meaning{found, diags}
	})
	return found.intent, slices.Clone(found.diags)
}

func (in inputs) interpret(ctx context.Context) (*intent, diag.Diagnostics) {
	run, runKnown, diags := runconfig.Parse(ctx, in.RunConfig)
	if diags.HasError() {
		return nil, diags
	}
	diags.Append(runconfig.Check(ctx, in.RunConfig)...)

	text, known := in.text()
	if !known {
		return nil, diags
	}
	if size := len(text); size > maxFlowText {
		diags.AddAttributeError(in.at(), "Flow too large", fmt.Sprintf("Attribute flow_json has %d MiB, but Terraform supports at most %d MiB: "+
			"a larger flow could be applied once, and then neither planned nor destroyed.\n\nMove data out of the flow, or split it into several flows.", size>>20, maxFlowText>>20))
		return nil, diags
	}
	if in.Name.IsUnknown() {
		diags.Append(in.checkDocument()...)
		return nil, diags
	}
	f, err := serialization.ParseFlow(text, in.Name.ValueString())
	if err != nil {
		diags.Append(locate(err, in)...)
		return nil, diags
	}
	labels := f.Labels()
	if run != nil || !runKnown {
		f = f.WithRunConfig(nil) // a replaced run configuration need not be valid
	}
	if err := f.Validate(); err != nil {
		diags.Append(locate(err, in)...)
	}
	if diags.HasError() || !runKnown || !framework.FullyKnown(in.Labels) {
		return nil, diags
	}
	merged, diags := in.merge(ctx, f, diags)
	if merged != nil {
		merged.labels = labels
	}
	return merged, diags
}

// merge puts the run configuration and the labels into the flow.
func (in inputs) merge(ctx context.Context, f *serialization.Flow, diags diag.Diagnostics) (*intent, diag.Diagnostics) {
	config, d := runconfig.SerializeAs(ctx, in.RunConfig, f.CoreVersion())
	diags.Append(d...)
	if diags.HasError() {
		return nil, diags
	}
	if config != nil {
		f = f.WithRunConfig(config)
	}
	f = f.WithLabels(framework.KnownStrings(in.Labels.Elements()))
	key, err := f.Key()
	if err != nil {
		diags.AddAttributeError(in.at(), "Flow cannot be serialised", framework.Sentence(err.Error()))
	}
	if diags.HasError() {
		return nil, diags
	}
	return &intent{flow: f, key: key, name: f.Name(), source: in.source()}, diags
}

// checkDocument checks a build document or flow while the name to select is unknown.
func (in inputs) checkDocument() diag.Diagnostics {
	text, _ := in.text()
	_, err := serialization.ParseFlow(text, "")
	if errors.Is(err, serialization.ErrAmbiguousFlow) {
		return nil // checked once the name is known
	}
	return locate(err, in)
}

// locate attributes the errors of package serialization to the resource's attributes that cause them.
func locate(err error, in inputs) diag.Diagnostics {
	if err == nil {
		return nil
	}
	var diags diag.Diagnostics
	problems := serialization.Problems(err)
	for _, problem := range problems {
		at := in.at()
		if errors.Is(problem, serialization.ErrFlowNotFound) && framework.IsSet(in.Name) {
			at = path.Root("name")
		}
		if errors.Is(problem, serialization.ErrAmbiguousFlow) && !framework.IsSet(in.Name) {
			at = path.Root("name")
		}
		diags.AddAttributeError(at, summaryOfProblem(problem), framework.Capitalise(framework.Problem(problem.Path, problem)))
	}
	if len(problems) == 0 {
		diags.AddAttributeError(in.at(), "Not JSON", in.notJSON(err))
	}
	return diags
}

// notJSON says what a text is that is no JSON, and what to give.
func (in inputs) notJSON(err error) string {
	if in.file == nil {
		return framework.Sentence(err.Error()) + "\n\nUse the text of a file written by `prefect build`, such as `file(\"flows.json\")`."
	}
	problem := in.FlowFile.ValueString() + ": " + err.Error()
	if what := serialization.Resembles(string(in.file.text)); what != "" {
		problem += ". " + framework.Capitalise(what)
	}
	return framework.Sentence(problem) + "\n\nGive the path of the file that `prefect build` writes, such as \"${path.module}/flows.json\"."
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
		return "Several flows in the build document"
	case errors.Is(problem, serialization.ErrInvalidRunConfig):
		return "Invalid run configuration"
	}
	return "Invalid flow"
}

// name returns the flow's name, which is known once the flow is.
func (in inputs) name(want *intent) types.String {
	switch {
	case want != nil:
		return types.StringValue(want.name)
	case in.Name.IsNull():
		return types.StringUnknown()
	}
	return in.Name
}
