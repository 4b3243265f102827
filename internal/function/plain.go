package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
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

// dynamicOf is the inverse of plain: objects for objects, tuples for lists.
func dynamicOf(ctx context.Context, v any) (attr.Value, error) {
	switch v := v.(type) {
	case nil:
		return types.StringNull(), nil
	case bool:
		return types.BoolValue(v), nil
	case string:
		return types.StringValue(v), nil
	case json.Number:
		f, _, err := big.ParseFloat(v.String(), 10, 512, big.ToNearestEven)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number: %w", v, err)
		}
		return types.NumberValue(f), nil
	case int:
		return types.NumberValue(new(big.Float).SetInt64(int64(v))), nil
	case map[string]any:
		kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
		for name, member := range v {
			value, err := dynamicOf(ctx, member)
			if err != nil {
				return nil, err
			}
			kinds[name], values[name] = value.Type(ctx), value
		}
		object, diags := types.ObjectValue(kinds, values)
		return object, failure(diags)
	case []any:
		var kinds []attr.Type
		var values []attr.Value
		for _, element := range v {
			value, err := dynamicOf(ctx, element)
			if err != nil {
				return nil, err
			}
			kinds, values = append(kinds, value.Type(ctx)), append(values, value)
		}
		tuple, diags := types.TupleValue(kinds, values)
		return tuple, failure(diags)
	default:
		return nil, fmt.Errorf("values of type %T are not supported", v)
	}
}

func failure(diags diag.Diagnostics) error {
	for _, d := range diags.Errors() {
		return fmt.Errorf("%s: %s", d.Summary(), d.Detail())
	}
	return nil
}
