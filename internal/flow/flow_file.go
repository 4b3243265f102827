package flow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

// Arguments that contain the flow.
const (
	fromJSON = "flow_json"
	fromFile = "flow_file"
)

// checkedAtValidation is the maximum size of a file, in bytes, that `terraform validate` checks. A plan also
// validates, before it reads the state, and must not decode a large unchanged flow.
const checkedAtValidation = 1 << 20

// content is the content of flow_file.
type content struct{ text []byte }

// source is the argument that contains the flow, for messages.
func (in inputs) source() string {
	if in.FlowFile.IsNull() {
		return fromJSON
	}
	return fromFile
}

// at is the path for messages about the flow.
func (in inputs) at() path.Path { return path.Root(in.source()) }

// text returns the JSON text of either argument; false if it is unknown or has not been read.
func (in inputs) text() ([]byte, bool) {
	if in.file != nil {
		return in.file.text, true
	}
	if framework.IsSet(in.FlowJSON) {
		return []byte(in.FlowJSON.ValueString()), true
	}
	return nil, false
}

// readFile reads flow_file, up to a size, if it is known and has not been read.
func (in inputs) readFile(limit int64) (inputs, error) {
	if in.file != nil {
		return in, nil
	}
	return in.readFrom(in.FlowFile, limit)
}

// readFrom reads the file at a path, if the path is known.
func (in inputs) readFrom(file types.String, limit int64) (inputs, error) {
	if !framework.IsSet(file) {
		return in, nil
	}
	text, err := localfile.Read(file.ValueString(), limit)
	if err != nil {
		return in, fmt.Errorf("read the flow: %w", err)
	}
	in.file = &content{text: text}
	return in, nil
}

// readConfigured reads the file in the configuration: the planned value may be the state's path, where the
// same flow was.
func (in inputs) readConfigured(ctx context.Context, config tfsdk.Config) (inputs, diag.Diagnostics) {
	var file types.String
	if diags := config.GetAttribute(ctx, path.Root(fromFile), &file); diags.HasError() {
		return in, diags
	}
	in, err := in.readFrom(file, maxFlowText)
	if err != nil {
		return in, unreadable(err)
	}
	return in, nil
}

// unreadable converts the error of readFile to a diagnostic.
func unreadable(err error) diag.Diagnostics {
	remedy := fmt.Sprintf("Give the JSON file that `prefect build` writes, of at most %d MiB.", maxFlowText>>20)
	if errors.Is(err, fs.ErrNotExist) {
		remedy = "The file must exist when Terraform plans and when it applies. Relative paths start at the directory that Terraform runs in; " +
			"use \"${path.module}/flows.json\" for a file of the module. Make the file with `prefect build -p flow.py -o flows.json`."
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(fromFile), "The flow's file cannot be read",
		framework.Sentence(framework.Capitalise(err.Error()))+"\n\n"+remedy)}
}

// unreadable handles the error of readFile during plan. Terraform also plans an object before it destroys or
// refreshes it: an existing object must not need its file. The plan then knows nothing about the flow.
func (p planning) unreadable(err error) diag.Diagnostics {
	diags := unreadable(err)
	if p.state == nil || p.state.FlowFile.IsNull() {
		return diags
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root(fromFile), diags[0].Summary(),
		diags[0].Detail()+"\n\nApplying will fail unless it can be read by then. Destroying does not need it.")}
}

// fingerprint is that of the inputs as they are written, which must be read and resolved.
func (in inputs) fingerprint() [sha256.Size]byte {
	text, known := in.text()
	hash := sha256.New()
	_, _ = fmt.Fprintf(hash, "%s %v %q %q %q\n", in.source(), known, in.Name.String(), in.Labels.String(), wholeText(in.RunConfig))
	if in.file == nil {
		_, _ = fmt.Fprintf(hash, "%v\n", in.FlowJSON.IsNull())
	}
	_, _ = hash.Write(text)
	return [sha256.Size]byte(hash.Sum(nil))
}

// wholeText is a value with all that is in it: String leaves JSON out, because it is written to logs.
func wholeText(v attr.Value) string {
	value, err := v.ToTerraformValue(context.Background())
	if err != nil {
		return rand.Text() // the same as nothing else
	}
	return value.String()
}

// notedKey is the key of the private data for what was noted of a file.
const notedKey = "file"

// noted is what the file was found to mean. With it, a plan sees that nothing has changed without decoding the file.
type noted struct {
	// Inputs is the fingerprint of the configured inputs, the content of the file included.
	Inputs string `json:"inputs"`
	// Key is the idempotency key of the flow that they mean.
	Key string `json:"key"`
}

// notedOf returns what was stored; empty if nothing was.
func notedOf(ctx context.Context, private framework.Private) (noted, diag.Diagnostics) {
	var n noted
	_, diags := framework.GetPrivate(ctx, private, notedKey, &n)
	return n, diags
}

// note stores the meaning of the inputs in the private data, and removes an earlier one if they have no file.
func note(ctx context.Context, private framework.Private, in inputs, want *intent) diag.Diagnostics {
	if in.file == nil || want == nil {
		if before, _ := notedOf(ctx, private); in.source() == fromFile || before.Key == "" {
			return nil
		}
		return framework.SetPrivate(ctx, private, notedKey, noted{})
	}
	fingerprint := in.fingerprint() //nolint:contextcheck // converts values in memory
	return framework.SetPrivate(ctx, private, notedKey, noted{Inputs: hex.EncodeToString(fingerprint[:]), Key: want.key})
}

// noteApplied notes what was applied as the configuration has it, because later plans compare that. The settled inputs differ:
// they also have what is not configured, such as the flow's own name.
func noteApplied(ctx context.Context, private framework.Private, config tfsdk.Config, settled inputs, want *intent) diag.Diagnostics {
	if settled.file == nil {
		return note(ctx, private, settled, want)
	}
	var configured model
	diags := config.Get(ctx, &configured)
	in, d := configured.resolve(ctx, true)
	if diags.Append(d...); !diags.HasError() {
		in.file = settled.file
		if found, d := in.intent(ctx); !d.HasError() && found != nil && found.key == want.key {
			return note(ctx, private, in, want)
		}
	}
	return framework.SetPrivate(ctx, private, notedKey, noted{Key: want.key}) // a job template has changed since: the next plan looks
}

// unchanged reports whether the files and other inputs match the stored ones and the version in state, so
// that nothing needs decoding. It then sets the plan's values.
func (p *planning) unchanged() bool {
	in := p.config.inputs
	if p.state == nil || p.state.FlowFile.IsNull() || in.file == nil || p.noted.Inputs == "" || p.replaces() {
		return false
	}
	if fingerprint := in.fingerprint(); hex.EncodeToString(fingerprint[:]) != p.noted.Inputs {
		return false
	}
	p.want = &intent{key: p.noted.Key, name: p.state.Name.ValueString(), source: fromFile}
	p.before = p.want
	if p.verdict() == keepVersion && !p.activates(p.config.ScheduleActive) {
		return true
	}
	p.want, p.before = nil, nil
	return false
}

// checkUnchanged rejects applying a flow that differs from the planned one: the file may have changed since.
func (p planning) checkUnchanged() diag.Diagnostics {
	planned := p.config
	if planned.IdempotencyKey.IsUnknown() {
		return nil
	}
	same := p.want.key == planned.IdempotencyKey.ValueString()
	if p.state != nil && !planned.FlowID.IsUnknown() {
		same = p.verdict() == keepVersion
	}
	if same {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(planned.at(), "The flow has changed since the plan",
		fmt.Sprintf("Flow %q was planned with the key %s. What is there now has the key %s, so a file has changed in between. Nothing was registered.\n\n"+
			"Run the plan again.", p.want.name, planned.IdempotencyKey.ValueString(), p.want.key))}
}

// validateFile checks flow_file during `terraform validate`. A missing file is not an error: a step between
// validation and plan may write it.
func (in inputs) validateFile(ctx context.Context) diag.Diagnostics {
	read, err := in.readFile(checkedAtValidation)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, localfile.ErrTooLarge):
		return nil // the plan reads it
	case err != nil:
		return unreadable(err)
	}
	_, diags := read.intent(ctx)
	return diags
}
