package framework

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// IsSet reports whether a value is neither null nor unknown.
func IsSet(v attr.Value) bool {
	return v != nil && !v.IsNull() && !v.IsUnknown()
}

// StringPointer returns nil for null and unknown, and a pointer otherwise, including for "": NULL and the
// empty string are different values on the Server.
func StringPointer(v types.String) *string {
	if !IsSet(v) {
		return nil
	}
	s := v.ValueString()
	return &s
}

// StringOrNull returns null for nil and the string otherwise, including "".
func StringOrNull(s *string) types.String {
	return types.StringPointerValue(s)
}

// StringOrNullIfEmpty returns null for "". Use it for values where the Server does not distinguish empty from
// absent.
func StringOrNullIfEmpty(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// StringSet returns a null set for nil and a set otherwise, including for an empty slice.
func StringSet(ctx context.Context, values []string) (types.Set, diag.Diagnostics) {
	if values == nil {
		return types.SetNull(types.StringType), nil
	}
	return types.SetValueFrom(ctx, types.StringType, values)
}

// StringList returns a null list for nil and a list otherwise, including for an empty slice.
func StringList(ctx context.Context, values []string) (types.List, diag.Diagnostics) {
	if values == nil {
		return types.ListNull(types.StringType), nil
	}
	return types.ListValueFrom(ctx, types.StringType, values)
}

// StringMap returns a null map for nil and a map otherwise, including for an empty one.
func StringMap(ctx context.Context, values map[string]string) (types.Map, diag.Diagnostics) {
	if values == nil {
		return types.MapNull(types.StringType), nil
	}
	return types.MapValueFrom(ctx, types.StringType, values)
}

// SetOrList is what sets and lists have in common.
type SetOrList interface {
	attr.Value
	ElementsAs(ctx context.Context, target any, allowUnhandled bool) diag.Diagnostics
}

// Strings returns the elements of a set or list of strings: nil for null and unknown, and a non-nil slice
// otherwise. It omits null elements, which [Elements] reports at their attribute.
func Strings(ctx context.Context, v SetOrList) ([]string, diag.Diagnostics) {
	if !IsSet(v) {
		return nil, nil
	}
	var elements []*string
	diags := v.ElementsAs(ctx, &elements, false)
	values := make([]string, 0, len(elements))
	for _, e := range elements {
		if e != nil {
			values = append(values, *e)
		}
	}
	return values, diags
}

// KnownStrings returns the strings among elements that are neither null nor unknown, for checks that skip the
// others.
func KnownStrings(elements []attr.Value) []string {
	out := make([]string, 0, len(elements))
	for _, e := range elements {
		if s, ok := e.(types.String); ok && IsSet(s) {
			out = append(out, s.ValueString())
		}
	}
	return out
}

// StringsByKey returns the elements of a map of strings: nil for null and unknown, and a non-nil map
// otherwise. It omits null elements, as [Strings] does.
// [Strings].
func StringsByKey(ctx context.Context, v types.Map) (map[string]string, diag.Diagnostics) {
	if !IsSet(v) {
		return nil, nil
	}
	var elements map[string]*string
	diags := v.ElementsAs(ctx, &elements, false)
	values := make(map[string]string, len(elements))
	for key, e := range elements {
		if e != nil {
			values[key] = *e
		}
	}
	return values, diags
}

// FullyKnown reports whether a value and everything in it is known.
func FullyKnown(v attr.Value) bool {
	if v.IsUnknown() {
		return false
	}
	var inner []attr.Value
	switch v := v.(type) {
	case types.Object:
		inner = slices.Collect(maps.Values(v.Attributes()))
	case interface{ Elements() []attr.Value }:
		inner = v.Elements()
	case interface{ Elements() map[string]attr.Value }:
		inner = slices.Collect(maps.Values(v.Elements()))
	}
	return !slices.ContainsFunc(inner, func(e attr.Value) bool { return !FullyKnown(e) })
}

// TimeOrNull returns a time in RFC 3339 and UTC, or null for nil.
func TimeOrNull(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// Quoted joins texts, each in quotation marks.
func Quoted(values []string) string {
	quoted := make([]string, 0, len(values))
	for _, value := range values {
		quoted = append(quoted, strconv.Quote(value))
	}
	return strings.Join(quoted, ", ")
}
