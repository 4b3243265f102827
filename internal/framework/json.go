package framework

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// JSONType is the type of a string that holds JSON as Python reads and writes
// it, numbers of any size included. Two values are equal if they mean the same:
// order of keys, white space and escapes do not matter.
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

// Equal says whether another type is this one.
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

// ValueFromTerraform reads a value of the wire.
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

// Equal compares the text.
func (v JSON) Equal(o attr.Value) bool {
	other, ok := o.(JSON)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals compares by meaning: equal if the canonical forms are.
// Texts that are not JSON are compared as they are.
func (v JSON) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(JSON)
	if !ok {
		return false, nil
	}
	return v.Same(other), nil
}

// Same says whether two known values mean the same. Null is only the same as
// null, and unknown is the same as nothing.
func (v JSON) Same(other JSON) bool {
	if v.IsUnknown() || other.IsUnknown() {
		return false
	}
	if v.IsNull() || other.IsNull() {
		return v.IsNull() == other.IsNull()
	}
	return sameJSON(v.ValueString(), other.ValueString())
}

// ValidateAttribute refuses what is not JSON.
func (v JSON) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !IsSet(v) {
		return
	}
	if _, err := serialization.Decode([]byte(v.ValueString())); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not JSON", fmt.Sprintf("Attribute %s: %s", req.Path, Sentence(err.Error()))+
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

// SameValue compares decoded JSON, numbers by value: what was sent with what
// the Server has made of it (1e2 becomes 100).
func SameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !SameValue(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !SameValue(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number, float64:
		return sameNumber(a, b)
	}
	return a == b
}

// sameNumber compares numbers as doubles, which is how the Server's gateway reads and
// writes them.
func sameNumber(a, b any) bool {
	x, xok := float(a)
	y, yok := float(b)
	return xok && yok && x == y
}

// InexactSummary is the summary of a diagnostic with what InexactInteger says.
const InexactSummary = "A number that the Server would change"

// InexactInteger says what the Server would make of the first whole number in decoded
// JSON that is not a double, and the remedy; "" if there is none. Fractions lose no more
// than the last of many digits, and are left alone.
func InexactInteger(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if problem := InexactInteger(v[key]); problem != "" {
				return problem
			}
		}
	case []any:
		for _, one := range v {
			if problem := InexactInteger(one); problem != "" {
				return problem
			}
		}
	case json.Number:
		whole, ok := new(big.Int).SetString(v.String(), 10)
		if !ok {
			return ""
		}
		if double, exact := new(big.Float).SetInt(whole).Float64(); exact != big.Exact {
			return fmt.Sprintf("The Server keeps numbers as doubles, and would make %s of %s. "+
				"Give it as a string, which the flow can convert.", strconv.FormatFloat(double, 'f', -1, 64), v)
		}
	}
	return ""
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	}
	return 0, false
}
