package flowrun

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// check is a validator of a string made of a function that says what is wrong,
// or "".
type check struct {
	description string
	summary     string
	wrong       func(string) string
}

// Description says what is accepted.
func (c check) Description(context.Context) string { return c.description }

// MarkdownDescription is Description.
func (c check) MarkdownDescription(context.Context) string { return c.description }

// ValidateString reports what is wrong with a known value.
func (c check) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := c.wrong(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, c.summary, problem)
	}
}

// jsonObject accepts the text of a JSON object.
func jsonObject() validator.String {
	return check{
		description: "must be a JSON object",
		summary:     "Not a JSON object",
		wrong: func(s string) string {
			var object map[string]json.RawMessage
			if err := json.Unmarshal([]byte(s), &object); err != nil || object == nil {
				return "The value must be a JSON object, such as `jsonencode({ x = 1 })`."
			}
			return ""
		},
	}
}

// exactIntegers accepts JSON whose whole numbers the Server can keep.
func exactIntegers() validator.String {
	return check{
		description: "must not have whole numbers that are not doubles",
		summary:     framework.InexactSummary,
		wrong: func(s string) string {
			value, err := decodeJSON(s)
			if err != nil {
				return "" // jsonObject says so
			}
			return serialization.InexactInteger(value)
		},
	}
}

// rfc3339 accepts a time with zone.
func rfc3339() validator.String {
	return check{
		description: "must be a time in RFC 3339",
		summary:     "Not a time",
		wrong: func(s string) string {
			if _, err := time.Parse(time.RFC3339, s); err != nil {
				return "Write the time in RFC 3339 with its zone, such as \"2030-01-31T08:00:00Z\". `timeadd(plantimestamp(), \"1h\")` gives such a time, too, but another one in every plan."
			}
			return ""
		},
	}
}
