package tenant

import (
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// model is the resource's attributes.
type model struct {
	ID           types.String `tfsdk:"id"`
	Name         types.String `tfsdk:"name"`
	Slug         types.String `tfsdk:"slug"`
	ForceDestroy types.Bool   `tfsdk:"force_destroy"`
}

// refresh updates the model from the Server. Attributes that only Terraform has keep their value, or get
// their default after an import.
func (m *model) refresh(tenant *prefect.Tenant) {
	m.ID = types.StringValue(tenant.ID)
	m.Name = types.StringValue(tenant.Name)
	m.Slug = types.StringValue(tenant.Slug)
	if m.ForceDestroy.IsNull() || m.ForceDestroy.IsUnknown() {
		m.ForceDestroy = types.BoolValue(false)
	}
}

// slugs matches what the Server accepts: lower-case words joined by single dashes.
var slugs = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func slugValidator() validator.String {
	return framework.Matching(slugs, "Not a slug",
		"lower-case letters and digits, in words joined by single dashes, such as \"data-team\"")
}

// slugify derives the default slug from a name: its letters and digits in lower case, with a dash for
// everything in between. It returns false for names that are not plain ASCII or have no letters or digits;
// then the slug must be configured.
func slugify(name string) (string, bool) {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		switch {
		case r > 127:
			return "", false
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		default:
			dash = true
		}
	}
	return b.String(), b.Len() > 0
}

// losses describes what deleting a tenant would delete with it, or "" if it is empty.
func losses(c *prefect.Contents) string {
	if c.Projects == 0 && c.Flows == 0 && c.FlowRuns == 0 && c.CloudHooks == 0 {
		return ""
	}
	lost := []string{framework.Count(c.Projects, "project"), framework.Count(c.Flows, "flow version"), framework.CountRuns(c)}
	if c.CloudHooks > 0 {
		lost = append(lost, framework.Count(c.CloudHooks, "cloud hook"))
	}
	last := len(lost) - 1
	return strings.Join(lost[:last], ", ") + " and " + lost[last]
}
