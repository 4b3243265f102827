package flow

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// jsonType is a string that holds JSON as Python reads and writes it, numbers
// of any size included. Two values are equal if they mean the same: order of
// keys, white space and escapes do not matter.
type jsonType struct {
	basetypes.StringType
}

// jsonValue is a value of jsonType.
type jsonValue struct {
	basetypes.StringValue
}

var (
	_ basetypes.StringTypable                    = jsonType{}
	_ basetypes.StringValuableWithSemanticEquals = jsonValue{}
	_ xattr.ValidateableAttribute                = jsonValue{}
)

// Equal says whether another type is this one.
func (t jsonType) Equal(o attr.Type) bool {
	other, ok := o.(jsonType)
	return ok && t.StringType.Equal(other.StringType)
}

// String names the type in messages.
func (t jsonType) String() string { return "flow.jsonType" }

// ValueType returns the Go type of values.
func (t jsonType) ValueType(context.Context) attr.Value { return jsonValue{} }

// ValueFromString wraps a string value.
func (t jsonType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return jsonValue{StringValue: in}, nil
}

// ValueFromTerraform reads a value of the wire.
func (t jsonType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("read a JSON string: %w", err)
	}
	text, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("read a JSON string: unexpected value %T", value)
	}
	return jsonValue{StringValue: text}, nil
}

// Type returns jsonType.
func (v jsonValue) Type(context.Context) attr.Type { return jsonType{} }

// Equal compares the text.
func (v jsonValue) Equal(o attr.Value) bool {
	other, ok := o.(jsonValue)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals compares by meaning: equal if the canonical forms are.
// Texts that are not JSON are compared as they are.
func (v jsonValue) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(jsonValue)
	if !ok {
		return false, nil
	}
	return sameJSON(v.ValueString(), other.ValueString()), nil
}

// ValidateAttribute refuses what is not JSON.
func (v jsonValue) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if v.IsNull() || v.IsUnknown() {
		return
	}
	if _, err := serialization.Decode([]byte(v.ValueString())); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not JSON", fmt.Sprintf("Attribute %s: %s", req.Path, sentence(err.Error()))+
			"\n\nGive the text of a JSON file, such as `file(\"flows.json\")`, or a value encoded with `jsonencode`.")
	}
}

func jsonNull() jsonValue    { return jsonValue{StringValue: basetypes.NewStringNull()} }
func jsonUnknown() jsonValue { return jsonValue{StringValue: basetypes.NewStringUnknown()} }

func jsonString(text string) jsonValue { return jsonValue{StringValue: basetypes.NewStringValue(text)} }

// jsonOf encodes a decoded value canonically; nil gives null.
func jsonOf(v any) (jsonValue, error) {
	if v == nil {
		return jsonNull(), nil
	}
	text, err := serialization.Canonical(v)
	if err != nil {
		return jsonNull(), fmt.Errorf("encode as JSON: %w", err)
	}
	return jsonString(string(text)), nil
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	left, errLeft := canonical(a)
	right, errRight := canonical(b)
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

func canonical(text string) ([]byte, error) {
	value, err := serialization.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	out, err := serialization.Canonical(value)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return out, nil
}
