package framework

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// JSONType is the type of a string that contains JSON as Python reads and writes it, including numbers of any
// size. Two values are equal if they mean the same: key order, white space and escapes do not matter.
type JSONType struct {
	basetypes.StringType
}

// JSON is a value of JSONType.
type JSON struct {
	basetypes.StringValue
}

var (
	_ basetypes.StringTypable                    = JSONType{}
	_ basetypes.StringValuableWithSemanticEquals = JSON{}
	_ xattr.ValidateableAttribute                = JSON{}
)

// Equal reports whether another type is JSONType.
func (t JSONType) Equal(o attr.Type) bool {
	other, ok := o.(JSONType)
	return ok && t.StringType.Equal(other.StringType)
}

// String names the type in messages.
func (t JSONType) String() string { return "framework.JSONType" }

// ValueType returns the Go type of values.
func (t JSONType) ValueType(context.Context) attr.Value { return JSON{} }

// ValueFromString wraps a string value.
func (t JSONType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return JSON{StringValue: in}, nil
}

// ValueFromTerraform converts a wire value.
func (t JSONType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("read a JSON string: %w", err)
	}
	text, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("read a JSON string: unexpected value %T", value)
	}
	return JSON{StringValue: text}, nil
}

// Type returns JSONType.
func (v JSON) Type(context.Context) attr.Type { return JSONType{} }

// String says how long the text is. The framework writes it to its trace log for every value that it compares, and
// parameters, contexts and flows may contain secrets.
func (v JSON) String() string {
	if !IsSet(v) {
		return v.StringValue.String()
	}
	return fmt.Sprintf("<JSON of %d bytes>", len(v.ValueString()))
}

// Equal compares the text.
func (v JSON) Equal(o attr.Value) bool {
	other, ok := o.(JSON)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals compares by meaning: equal if the canonical forms are equal. Texts that are not JSON
// are compared literally.
func (v JSON) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(JSON)
	if !ok {
		return false, nil
	}
	return v.Same(other), nil
}

// Same reports whether two known values mean the same. Null equals only null, and unknown equals nothing.
func (v JSON) Same(other JSON) bool {
	if v.IsUnknown() || other.IsUnknown() {
		return false
	}
	if v.IsNull() || other.IsNull() {
		return v.IsNull() == other.IsNull()
	}
	return serialization.SameText(v.ValueString(), other.ValueString())
}

// ValidateAttribute rejects invalid JSON.
func (v JSON) ValidateAttribute(ctx context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !IsSet(v) || Mocked(ctx, v.ValueString()) {
		return
	}
	if err := serialization.Valid(v.ValueString()); err != nil {
		problem := err.Error()
		if what := serialization.Resembles(v.ValueString()); what != "" {
			problem += ". " + Capitalise(what)
		}
		resp.Diagnostics.AddAttributeError(req.Path, "Not JSON", fmt.Sprintf("Attribute %s: %s", req.Path, Sentence(problem))+
			"\n\nGive a value encoded with `jsonencode`, or the text of a JSON file.")
	}
}

// Decode returns the decoded value, numbers kept exactly; nil for null, unknown
// and JSON's null.
func (v JSON) Decode() (any, error) {
	if !IsSet(v) {
		return nil, nil //nolint:nilnil // null is a value here
	}
	value, err := serialization.Decode([]byte(v.ValueString()))
	if err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	return value, nil
}

// JSONNull is null.
func JSONNull() JSON { return JSON{StringValue: basetypes.NewStringNull()} }

// JSONUnknown is unknown.
func JSONUnknown() JSON { return JSON{StringValue: basetypes.NewStringUnknown()} }

// JSONString is the text given.
func JSONString(text string) JSON { return JSON{StringValue: basetypes.NewStringValue(text)} }

// JSONOf encodes a decoded value canonically; nil gives null.
func JSONOf(v any) (JSON, error) {
	if v == nil {
		return JSONNull(), nil
	}
	text, err := serialization.Canonical(v)
	if err != nil {
		return JSONNull(), fmt.Errorf("encode as JSON: %w", err)
	}
	return JSONString(string(text)), nil
}
