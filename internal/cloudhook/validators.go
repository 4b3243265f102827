package cloudhook

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// stateNames returns the states of Prefect 1 that a hook can watch.
func stateNames() []string { return slices.Sorted(slices.Values(states.Names())) }

// spelled returns a state in Prefect's spelling; the Server stores it in upper case. An unknown state is
// returned unchanged.
func spelled(state string) string {
	names := stateNames()
	if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, state) }); i >= 0 {
		return names[i]
	}
	return state
}

func stateName() validator.String {
	return check{
		description: "must be the name of a state",
		summary:     "Not a state",
		wrong: func(s string) string {
			if slices.Contains(stateNames(), s) {
				return ""
			}
			if name := spelled(s); name != s {
				return fmt.Sprintf("%q is spelled %q in Prefect 1.", s, name)
			}
			return fmt.Sprintf("%q is not a state of Prefect 1. Use one or more of %s.", s, strings.Join(stateNames(), ", "))
		},
	}
}

func notEmpty() validator.String {
	return check{description: "must not be empty", summary: "Blank secret", wrong: framework.BlankSecret}
}

func secretURL() validator.String {
	return check{
		description: "must be a URL with scheme http or https",
		summary:     "Not a URL",
		wrong: func(s string) string {
			if framework.BlankSecret(s) != "" {
				return "" // reported by the schema's other rule
			}
			u, err := url.Parse(s)
			if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
				return "The value is not an absolute URL with scheme http or https. It is not shown because it may be secret."
			}
			return ""
		},
	}
}

func versionValidators(of string, required bool) []validator.Int64 {
	if required {
		return nil
	}
	return []validator.Int64{framework.Int64Beside(
		int64validator.AlsoRequires(path.MatchRelative().AtParent().AtName(of)),
		"Version without a secret", fmt.Sprintf("The version belongs to the secret `%s`. Set that too, or remove the version.", of),
	)}
}
