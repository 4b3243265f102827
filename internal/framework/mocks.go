package framework

import (
	"context"
	"regexp"
)

// A bare `mock_provider` of `terraform test` generates computed strings, such as the id of a project: eight
// random lower-case letters and digits in Terraform, 4 to 15 letters of both cases and digits in OpenTofu.
// The real, unconfigured provider then validates configurations that refer to them. A configured provider
// validates again before every plan.

type mocksKey struct{}

// WithMocks marks the context of a validation that may come from a mocked provider.
func WithMocks(ctx context.Context) context.Context {
	return context.WithValue(ctx, mocksKey{}, true)
}

// mockedString matches what Terraform generates, and what OpenTofu generates unless it happens to be all
// lower case: names such as "default" more likely come from a user.
var mockedString = regexp.MustCompile(`^[A-Za-z0-9]{4,15}$`)

var lowerCase = regexp.MustCompile(`^[a-z]*$`)

// Mocked reports whether a mocked provider may have generated a value, so that it cannot be judged yet.
func Mocked(ctx context.Context, value string) bool {
	return ctx.Value(mocksKey{}) != nil && mockedString.MatchString(value) && (len(value) == 8 || !lowerCase.MatchString(value))
}
