package framework

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// stringCheck is a string validator built on a function that returns what is wrong and what to do, or "" for
// a valid value. Null and unknown always pass.
type stringCheck struct {
	description string
	summary     string
	check       func(string) string
}

func (v stringCheck) Description(context.Context) string         { return v.description }
func (v stringCheck) MarkdownDescription(context.Context) string { return v.description }

func (v stringCheck) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !IsSet(req.ConfigValue) || Mocked(ctx, req.ConfigValue.ValueString()) {
		return
	}
	if problem := v.check(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, problem)
	}
}

// StringCheck returns a string validator built on a function that returns what is wrong with a value and what
// to do, or "" for a valid one. Null and unknown always pass.
func StringCheck(description, summary string, check func(string) string) validator.String {
	return stringCheck{description: description, summary: summary, check: check}
}

// UUID accepts UUIDs in the usual form with dashes, in lower case as the Server returns them. The Server
// would answer another spelling in lower case, which Terraform reports as an inconsistent result.
func UUID() validator.String {
	return stringCheck{
		description: "must be a UUID",
		summary:     "Not a UUID",
		check: func(s string) string {
			if !IsUUID(s) {
				return fmt.Sprintf("%q is not a UUID. Use the id of the object, not its name; for example `prefect_project.example.id`.", s)
			}
			if s != strings.ToLower(s) {
				return fmt.Sprintf("%q has upper-case letters, but Prefect Server writes UUIDs in lower case. Use %q.", s, strings.ToLower(s))
			}
			return ""
		},
	}
}

// NotBlank rejects the empty string and strings of only white space, which the Server would accept as a name.
func NotBlank() validator.String {
	return stringCheck{
		description: "must not be blank",
		summary:     "Blank value",
		check: func(s string) string {
			if strings.TrimSpace(s) == "" {
				return fmt.Sprintf("The value is blank (%q). Write at least one character that is not white space, or remove the argument.", s)
			}
			if s != strings.TrimSpace(s) {
				return fmt.Sprintf("%q starts or ends with white space. Remove it: names that differ only in white space look the same.", s)
			}
			return ""
		},
	}
}

// Secret rejects what [NotBlank] rejects, without showing it.
func Secret() validator.String {
	return stringCheck{description: "must not be blank", summary: "Blank secret", check: BlankSecret}
}

// BlankSecret returns what is wrong with a secret that is blank or has white space around it, without showing
// it, and "" otherwise. PEM text may end with a line break.
func BlankSecret(s string) string {
	trimmed := strings.TrimSpace(s)
	switch {
	case trimmed == "":
		return "The secret is blank. Check where it comes from."
	case trimmed != s && !strings.HasPrefix(trimmed, "-----BEGIN "):
		return "The secret starts or ends with white space, such as a file's final line break. Remove it, for instance with `trimspace()`."
	}
	return ""
}

// InexactSummary is the summary of a diagnostic for [serialization.NotKept].
// [serialization.NotKept] says.
const InexactSummary = "A number that the Server would change"

// HTTPURL accepts absolute URLs with the scheme http, https or one of more.
func HTTPURL(more ...string) validator.String {
	allowed := append([]string{"http", "https"}, more...)
	return stringCheck{
		description: "must be a URL with scheme " + strings.Join(allowed, " or "),
		summary:     "Not a URL",
		check: func(s string) string {
			u, err := url.Parse(s)
			if err != nil || u.Host == "" || u.Scheme == "" {
				return fmt.Sprintf("%q is not an absolute URL. Write it with scheme and host, such as \"http://localhost:4200\".", redactURL(s))
			}
			for _, scheme := range allowed {
				if strings.EqualFold(u.Scheme, scheme) {
					return ""
				}
			}
			return fmt.Sprintf("%q has the scheme %q. Use %s.", redactURL(s), u.Scheme, strings.Join(allowed, " or "))
		},
	}
}

// redactURL hides the password in a URL's user information.
func redactURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		if at := strings.LastIndex(s, "@"); at >= 0 {
			return "..." + s[at:]
		}
		return s
	}
	return u.Redacted()
}
