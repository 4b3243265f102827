package function

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// plain converts a value of any type to what a JSON decoder would return: nil, bool, string, json.Number,
// []any or map[string]any.
func plain(v attr.Value) (any, error) {
	if v == nil || v.IsNull() {
		return nil, nil
	}
	if v.IsUnknown() {
		return nil, errors.New("a value is not known yet")
	}
	switch v := v.(type) {
	case types.Dynamic:
		return plain(v.UnderlyingValue())
	case types.String:
		return v.ValueString(), nil
	case types.Bool:
		return v.ValueBool(), nil
	case types.Number:
		return number(v), nil
	case types.Object:
		return plainMap(v.Attributes())
	case types.Map:
		return plainMap(v.Elements())
	case interface{ Elements() []attr.Value }: // list, set, tuple
		return plainList(v.Elements())
	default:
		return nil, fmt.Errorf("values of type %T are not supported", v)
	}
}

// number keeps integers exact, however large they are.
func number(v basetypes.NumberValue) json.Number {
	f := v.ValueBigFloat()
	if f.IsInt() {
		whole, _ := f.Int(nil)
		return json.Number(whole.String())
	}
	return json.Number(f.Text('g', -1))
}

func plainMap(from map[string]attr.Value) (any, error) {
	to := make(map[string]any, len(from))
	for name, value := range from {
		v, err := plain(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		to[name] = v
	}
	return to, nil
}

func plainList(from []attr.Value) (any, error) {
	to := make([]any, 0, len(from))
	for i, value := range from {
		v, err := plain(value)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		to = append(to, v)
	}
	return to, nil
}
