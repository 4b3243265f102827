package flow

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// The flows of the unit tests, for the acceptance tests.
var (
	TestFlow      = testFlow
	WithParameter = withParameter
	WithCron      = withCron
	WithTag       = withTag
	AllOf         = all
	Document      = document
	Golden        = golden
	Object        = object
	List          = elements
)

// Decode decodes a JSON object; Encode is its inverse for any value.
var Decode = decodeObject

// Encode writes a decoded value as canonical JSON.
func Encode(v any) string {
	if v == nil {
		return "null"
	}
	text, err := framework.JSONOf(v)
	if err != nil {
		return err.Error()
	}
	return text.ValueString()
}

// KeyOf is the key of a flow without further labels.
func KeyOf(t *testing.T, text string) string {
	t.Helper()
	return mustMean(t, noInputs(text)).key
}

// NotedOf is what is to be noted after inputs with a file were applied.
func NotedOf(t *testing.T, file string, name types.String, labels types.Set) string {
	t.Helper()
	in, err := inputs{FlowFile: types.StringValue(file), FlowJSON: framework.JSONNull(), Name: name, Labels: labels, RunConfig: runconfig.Null()}.readFile(maxFlowText)
	if err != nil {
		t.Fatal(err)
	}
	private := privateData{}
	if diags := note(t.Context(), private, in, mustMean(t, in)); diags.HasError() {
		t.Fatal(diags)
	}
	return string(private[notedKey])
}
