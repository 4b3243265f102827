package framework

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// OneOf accepts the given values in exactly this spelling.
func OneOf(values ...string) validator.String {
	choices := Quoted(values)
	return stringCheck{
		description: "must be one of " + choices,
		summary:     "Not one of the accepted values",
		check: func(s string) string {
			if slices.Contains(values, s) {
				return ""
			}
			for _, value := range values {
				if strings.EqualFold(value, strings.TrimSpace(s)) {
					return fmt.Sprintf("%q is spelled %q.", s, value)
				}
			}
			return fmt.Sprintf("%q is not accepted. Use one of %s.", s, choices)
		},
	}
}

// NotEmpty rejects the empty string; the message shows example as a valid value.
func NotEmpty(example string) validator.String {
	return stringCheck{
		description: "must not be empty",
		summary:     "Empty value",
		check: func(s string) string {
			if s != "" {
				return ""
			}
			return fmt.Sprintf("The value is the empty string. Write one such as %q, or remove it.", example)
		},
	}
}

// Matching accepts strings that match a regular expression. summary names the mistake; form describes a valid
// value, with an example.
func Matching(pattern *regexp.Regexp, summary, form string) validator.String {
	return stringCheck{
		description: "must consist of " + form,
		summary:     summary,
		check: func(s string) string {
			if pattern.MatchString(s) {
				return ""
			}
			return fmt.Sprintf("%q is not accepted. Use %s.", s, form)
		},
	}
}

// IntegerBetween accepts lowest <= n <= highest.
func IntegerBetween(lowest, highest int64) validator.Int64 {
	return integerRange{lowest, &highest}
}

// IntegerAtLeast accepts n >= lowest.
func IntegerAtLeast(lowest int64) validator.Int64 { return integerRange{lowest, nil} }

type integerRange struct {
	lowest  int64
	highest *int64
}

func (r integerRange) Description(context.Context) string {
	if r.highest != nil {
		return fmt.Sprintf("must be between %d and %d", r.lowest, *r.highest)
	}
	return fmt.Sprintf("must be %d or more", r.lowest)
}

func (r integerRange) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r integerRange) ValidateInt64(_ context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	if !IsSet(req.ConfigValue) {
		return
	}
	n := req.ConfigValue.ValueInt64()
	switch {
	case r.highest != nil && (n < r.lowest || n > *r.highest):
		resp.Diagnostics.AddAttributeError(req.Path, "Number out of range", fmt.Sprintf("%d is out of range. Use a number from %d to %d.", n, r.lowest, *r.highest))
	case n < r.lowest:
		resp.Diagnostics.AddAttributeError(req.Path, "Number out of range", fmt.Sprintf("%d is too small. Use %d or more.", n, r.lowest))
	}
}

// Collection checks a set, list or map: no element may be null and, if needed is set, it must not be empty.
type Collection struct {
	needed  bool
	example string
}

// Elements rejects null elements of a set, list or map. Some also rejects an empty collection; its example is
// a valid element or value, in HCL.
func Elements() Collection { return Collection{} }

// Some is [Elements] for a collection that must not be empty either.
func Some(example string) Collection { return Collection{needed: true, example: example} }

// Description implements validator.Describer.
func (c Collection) Description(context.Context) string {
	if c.needed {
		return "must contain at least one element, and no null"
	}
	return "must not contain null"
}

// MarkdownDescription implements validator.Describer.
func (c Collection) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }

// ValidateSet implements validator.Set.
func (c Collection) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if IsSet(req.ConfigValue) {
		resp.Diagnostics.Append(c.check(req.Path, req.ConfigValue.Elements())...)
	}
}

// ValidateList implements validator.List.
func (c Collection) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if IsSet(req.ConfigValue) {
		resp.Diagnostics.Append(c.check(req.Path, req.ConfigValue.Elements())...)
	}
}

// ValidateMap implements validator.Map.
func (c Collection) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if !IsSet(req.ConfigValue) {
		return
	}
	for key, element := range req.ConfigValue.Elements() {
		if element.IsNull() {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(key), "Null element", fmt.Sprintf("The value of %q is null. Give it a value, or remove the key.", key))
		}
	}
}

func (c Collection) check(at path.Path, elements []attr.Value) (diags diag.Diagnostics) {
	if c.needed && len(elements) == 0 {
		diags.AddAttributeError(at, "Empty value", fmt.Sprintf("`%s` is empty. Write for instance `%s`.", at, c.example))
	}
	for _, element := range elements {
		if element.IsNull() {
			diags.AddAttributeError(at, "Null element", fmt.Sprintf("One of the elements of `%s` is null. Remove it: `[for e in var.list : e if e != null]` leaves nulls out.", at))
			return diags
		}
	}
	return diags
}
