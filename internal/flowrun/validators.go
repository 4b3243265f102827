package flowrun

import (
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// jsonObject accepts the text of a JSON object.
func jsonObject() validator.String {
	return framework.StringCheck("must be a JSON object", "Not a JSON object", func(s string) string {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(s), &object); err != nil || object == nil {
			return "The value must be a JSON object, such as `jsonencode({ x = 1 })`."
		}
		return ""
	})
}

// exactIntegers accepts JSON whose whole numbers the Server can keep.
func exactIntegers() validator.String {
	return framework.StringCheck("must not have whole numbers that are not doubles", framework.InexactSummary, func(s string) string {
		value, err := decodeJSON(s)
		if err != nil {
			return "" // jsonObject says so
		}
		return serialization.InexactInteger(value)
	})
}

// rfc3339 accepts a time with zone.
func rfc3339() validator.String {
	return framework.StringCheck("must be a time in RFC 3339", "Not a time", func(s string) string {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return "Write the time in RFC 3339 with its zone, such as \"2030-01-31T08:00:00Z\". `timeadd(plantimestamp(), \"1h\")` gives such a time, too, but another one in every plan."
		}
		return ""
	})
}
