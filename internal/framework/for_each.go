package framework

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// AtOnce is how many items [ForEach] works on at a time: as many as Terraform does by default.
const AtOnce = 10

// ForEach does the work for each item, several at a time and in any order. After the first error, or when ctx ends, it begins no
// more, waits for what has begun, and returns that error.
func ForEach[T any](ctx context.Context, items []T, work func(item *T) error) error {
	group, going := errgroup.WithContext(ctx)
	group.SetLimit(AtOnce)
	for i := range items {
		group.Go(func() error {
			if going.Err() != nil {
				return context.Cause(going)
			}
			return work(&items[i])
		})
	}
	return group.Wait() //nolint:wrapcheck // the work's own error
}
