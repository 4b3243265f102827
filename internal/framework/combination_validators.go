package framework

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// The rules come from terraform-plugin-framework-validators, whose messages list path expressions. These
// types keep the rules and reword the messages in HCL terms.

// Combination is a rule about several arguments of a block: a rule of the library, with our message for a
// violation.
type Combination struct {
	resource   resource.ConfigValidator
	dataSource datasource.ConfigValidator
	summary    string
	detail     string
}

// ExactlyOneOf requires exactly one of the arguments of a block.
func ExactlyOneOf(names ...string) Combination {
	return Combination{
		resource: resourcevalidator.ExactlyOneOf(roots(names)...), dataSource: datasourcevalidator.ExactlyOneOf(roots(names)...),
		summary: "Exactly one argument is required", detail: "Set exactly one of " + quotedNames(names) + ".",
	}
}

// AtLeastOneOf requires one or more of the arguments of a block.
func AtLeastOneOf(names ...string) Combination {
	return Combination{
		resource: resourcevalidator.AtLeastOneOf(roots(names)...), dataSource: datasourcevalidator.AtLeastOneOf(roots(names)...),
		summary: "Missing argument", detail: "Set at least one of " + quotedNames(names) + ".",
	}
}

// Conflicting allows at most one of the arguments of a block.
func Conflicting(names ...string) Combination {
	return Combination{
		resource: resourcevalidator.Conflicting(roots(names)...), dataSource: datasourcevalidator.Conflicting(roots(names)...),
		summary: "Conflicting arguments", detail: "Set at most one of " + quotedNames(names) + ".",
	}
}

// Description implements the config validator interfaces.
func (c Combination) Description(context.Context) string { return c.detail }

// MarkdownDescription implements the config validator interfaces.
func (c Combination) MarkdownDescription(context.Context) string { return c.detail }

// ValidateResource implements resource.ConfigValidator.
func (c Combination) ValidateResource(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	own := resource.ValidateConfigResponse{}
	c.resource.ValidateResource(ctx, req, &own)
	resp.Diagnostics.Append(reworded(own.Diagnostics, c.summary, c.detail)...)
}

// ValidateDataSource implements datasource.ConfigValidator.
func (c Combination) ValidateDataSource(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	own := datasource.ValidateConfigResponse{}
	c.dataSource.ValidateDataSource(ctx, req, &own)
	resp.Diagnostics.Append(reworded(own.Diagnostics, c.summary, c.detail)...)
}

// reworded replaces the message of a library rule by ours, at the same path. Other errors, such as that a value cannot be
// read, stay as they are: the attribute reports the same one, and equal diagnostics are shown once.
func reworded(found diag.Diagnostics, summary, detail string) diag.Diagnostics {
	var out diag.Diagnostics
	for _, problem := range found.Errors() {
		if s := problem.Summary(); s != "Invalid Attribute Combination" && s != "Missing Attribute Configuration" {
			out.Append(problem)
			continue
		}
		if at, ok := problem.(diag.DiagnosticWithPath); ok {
			out.AddAttributeError(at.Path(), summary, detail)
		} else {
			out.AddError(summary, detail)
		}
		break
	}
	return out
}

func roots(names []string) path.Expressions {
	out := make(path.Expressions, len(names))
	for i, name := range names {
		out[i] = path.MatchRoot(name)
	}
	return out
}

// quotedNames lists names as in "`a`, `b` and `c`".
func quotedNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}

// beside is a library rule about an attribute and its siblings, with our message.
type beside[V interface {
	Description(context.Context) string
	MarkdownDescription(context.Context) string
}] struct {
	rule            V
	summary, detail string
}

func (b beside[V]) Description(context.Context) string         { return b.detail }
func (b beside[V]) MarkdownDescription(context.Context) string { return b.detail }

type stringBeside struct{ beside[validator.String] }

func (b stringBeside) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var own validator.StringResponse
	b.rule.ValidateString(ctx, req, &own)
	resp.Diagnostics.Append(reworded(own.Diagnostics, b.summary, b.detail)...)
}

type int64Beside struct{ beside[validator.Int64] }

func (b int64Beside) ValidateInt64(ctx context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	var own validator.Int64Response
	b.rule.ValidateInt64(ctx, req, &own)
	resp.Diagnostics.Append(reworded(own.Diagnostics, b.summary, b.detail)...)
}

type objectBeside struct{ beside[validator.Object] }

func (b objectBeside) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	var own validator.ObjectResponse
	b.rule.ValidateObject(ctx, req, &own)
	resp.Diagnostics.Append(reworded(own.Diagnostics, b.summary, b.detail)...)
}

// StringBeside rewords a library rule about a string and its sibling attributes: summary names the mistake,
// detail says what to set.
func StringBeside(rule validator.String, summary, detail string) validator.String {
	return stringBeside{beside[validator.String]{rule, summary, detail}}
}

// Int64Beside is [StringBeside] for an integer.
func Int64Beside(rule validator.Int64, summary, detail string) validator.Int64 {
	return int64Beside{beside[validator.Int64]{rule, summary, detail}}
}

// ObjectBeside is [StringBeside] for an object.
func ObjectBeside(rule validator.Object, summary, detail string) validator.Object {
	return objectBeside{beside[validator.Object]{rule, summary, detail}}
}
