package flowrun

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
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

// storableJSON accepts JSON that the Server can keep as it is.
func storableJSON() validator.String {
	return framework.StringCheck("must not have values that the Server cannot keep", framework.InexactSummary, func(s string) string {
		value, err := decodeJSON(s)
		if err != nil {
			return "" // jsonObject reports it
		}
		return serialization.NotKept(value)
	})
}

// startTime accepts a time with a zone, from 1970 on.
func startTime() validator.String {
	return framework.StringCheck("must be a time in RFC 3339, from 1970 on", "Not a time", func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		switch {
		case err != nil:
			return "Write the time in RFC 3339 with a time zone, such as \"2030-01-31T08:00:00Z\". `timeadd(plantimestamp(), \"1h\")` also works, but differs in every plan."
		case t.Before(time.Unix(0, 0)):
			return fmt.Sprintf("%s is before 1970. Use a later time, or remove it for a run that is due immediately.", s)
		}
		return ""
	})
}

// flowVersionID accepts the id of a flow version, and explains what to do with the id of a version group.
func flowVersionID() validator.String {
	return framework.StringCheck("must be the UUID of a flow version", "Not the id of a flow version", func(s string) string {
		if framework.IsUUID(s) && s == strings.ToLower(s) {
			return ""
		}
		return fmt.Sprintf("%q is not a UUID in lower case. The `id` of a `prefect_flow` is its version group: use its `flow_id` here, or set `version_group_id` to its `id`.", s)
	})
}

// oneFlow requires exactly one way to select the flow.
func oneFlow() validator.String {
	return framework.StringBeside(stringvalidator.ExactlyOneOf(path.MatchRoot("flow_id"), path.MatchRoot("version_group_id")),
		"Exactly one argument is required", "Set either `flow_id` (a version of the flow) or `version_group_id` (its current version).")
}

// oneFlowForAction requires exactly one way to select the flow, by name included.
func oneFlowForAction() validator.String {
	return framework.StringBeside(stringvalidator.ExactlyOneOf(path.MatchRoot("flow_id"), path.MatchRoot("version_group_id"), path.MatchRoot("flow_name")),
		"Exactly one argument is required",
		"Set one of `flow_id` (a version of the flow), `version_group_id` (its current version), or `flow_name` with `project_name`.")
}

// named requires the other half of a name: a flow is unique only in its project.
func named(other string) validator.String {
	return framework.StringBeside(stringvalidator.AlsoRequires(path.MatchRoot(other)), "Incomplete name",
		"`project_name` and `flow_name` select a flow together. Set `"+other+"` too.")
}

const successStatesDescription = "Final states that count as success, `[\"Success\"]` by default. A state includes its special cases: " +
	"`Success` includes `Cached`, `Mapped` and `Skipped`, `Failed` includes `TimedOut`, `TriggerFailed` and `ValidationFailed`."

func successStateValidators() []validator.Set {
	return []validator.Set{framework.Some(`["Success"]`), setvalidator.ValueStringsAre(finalState())}
}

// finalState accepts the names of Prefect 1's final states in any case.
func finalState() validator.String {
	return framework.StringCheck("must be a final state of Prefect 1", "Not a final state", func(s string) string {
		final := states.Of(states.Finished)
		if slices.ContainsFunc(final, func(name string) bool { return strings.EqualFold(name, s) }) {
			return ""
		}
		problem := fmt.Sprintf("%q is not a final state of Prefect 1.", s)
		if slices.ContainsFunc(states.All(), func(t states.Type) bool { return t.Name == s }) {
			problem = fmt.Sprintf("A run in the state %q has not finished.", s)
		} else if near := framework.Nearest(s, final); near != "" {
			problem += fmt.Sprintf(" Did you mean %q?", near)
		}
		return problem + "\n\nThe final states are " + framework.Quoted(final) + "."
	})
}
