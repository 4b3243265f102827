package framework

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Duration accepts Go durations that are not negative, such as "90s" or "1h30m".
func Duration() validator.String {
	return stringCheck{
		description: "must be a duration such as `30s`, `5m` or `1h30m`",
		summary:     "Not a duration",
		check: func(s string) string {
			_, problem := parseDuration(s)
			return problem
		},
	}
}

// DurationOr returns the duration v, which [Duration] has validated, or otherwise if v is not set. at is its
// path, for errors.
func DurationOr(v types.String, otherwise time.Duration, at path.Path, diags *diag.Diagnostics) time.Duration {
	if !IsSet(v) {
		return otherwise
	}
	d, problem := parseDuration(v.ValueString())
	if problem != "" {
		diags.AddAttributeError(at, "Not a duration", problem)
	}
	return d
}

// SameDuration reports whether two texts are the same duration, such as "60m" and "1h".
func SameDuration(a, b string) bool {
	x, wrongX := parseDuration(a)
	y, wrongY := parseDuration(b)
	return wrongX == "" && wrongY == "" && x == y
}

func parseDuration(s string) (d time.Duration, problem string) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Sprintf("%q is not a duration. Write a number with a unit, such as \"30s\", \"5m\" or \"1h30m\".", s)
	}
	if d < 0 {
		return 0, fmt.Sprintf("%q is negative. Write a duration of zero or more.", s)
	}
	return d, ""
}
