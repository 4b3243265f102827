package framework

import (
	"context"
	"regexp"
)

// A bare `mock_provider` of `terraform test` makes up computed strings, such as
// the id of a project: eight random lower-case letters and digits in Terraform, 4
// to 15 letters of both cases and digits in OpenTofu. It then has the real
// provider, which is not configured, validate configurations that refer to them. A
// provider that is configured validates again before every plan.

type mocksKey struct{}

// WithMocks is the context of a validation that may be one of a mocked provider.
func WithMocks(ctx context.Context) context.Context {
	return context.WithValue(ctx, mocksKey{}, true)
}

// mockedString is what Terraform makes up, or what OpenTofu does unless it happens
// to be all lower case: names such as "default" are rather a person's.
var mockedString = regexp.MustCompile(`^[A-Za-z0-9]{4,15}$`)

var lowerCase = regexp.MustCompile(`^[a-z]*$`)

// Mocked says whether a value may be one that a mocked provider made up, so that
// nothing can be said of it yet.
func Mocked(ctx context.Context, value string) bool {
	return ctx.Value(mocksKey{}) != nil && mockedString.MatchString(value) && (len(value) == 8 || !lowerCase.MatchString(value))
}
