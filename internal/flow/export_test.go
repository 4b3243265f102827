package flow

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
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
