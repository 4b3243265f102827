package framework

import (
	"context"
	"regexp"
)

// A bare `mock_provider` of `terraform test` makes up computed strings, such as
// the id of a project: eight random lower-case letters and digits. It then has the
// real provider, which is not configured, validate configurations that refer to
// them. A provider that is configured validates again before every plan.

type mocksKey struct{}

// WithMocks is the context of a validation that may be one of a mocked provider.
func WithMocks(ctx context.Context) context.Context {
	return context.WithValue(ctx, mocksKey{}, true)
}

var mockedString = regexp.MustCompile(`^[a-z0-9]{8}$`)

// Mocked says whether a value may be one that a mocked provider made up, so that
// nothing can be said of it yet.
func Mocked(ctx context.Context, value string) bool {
	return ctx.Value(mocksKey{}) != nil && mockedString.MatchString(value)
}
