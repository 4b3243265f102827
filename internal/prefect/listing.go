package prefect

import (
	"cmp"
	"context"
	"slices"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// listing is how the objects of one kind are listed. R is a row of the generated query, T the object made of it.
type listing[R, T any] struct {
	// query returns the first rows by id that match a filter, and the number of all that match.
	query func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]R, *graphql.Count, error)
	// allTenants is true for objects that belong to no tenant; query then gets none.
	allTenants bool
	id         func(*R) string
	object     func(*R) T
	// order is that of a list.
	order func(a, b T) int
}

// page returns the first rows by id that match a filter, and the number of all that match.
func (l listing[R, T]) page(ctx context.Context, c *Client, w where, limit int) ([]R, *graphql.Count, error) {
	if l.allTenants {
		return l.query(ctx, c, "", w, limit)
	}
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, nil, err
	}
	return l.query(ctx, c, tenant, w, limit)
}

// rows returns all rows that match a filter, by id.
func (l listing[R, T]) rows(ctx context.Context, c *Client, w where) ([]R, error) {
	return pages(ctx, func(ctx context.Context, last string) ([]R, *graphql.Count, error) {
		return l.page(ctx, c, after(last, w), pageSize)
	}, l.id)
}

// list returns all objects that match a filter, in order.
func (l listing[R, T]) list(ctx context.Context, c *Client, w where) ([]T, error) {
	rows, err := l.rows(ctx, c, w)
	if err != nil {
		return nil, err
	}
	objects := convert(rows, l.object)
	slices.SortFunc(objects, l.order)
	return objects, nil
}

// one returns the first object that matches a filter, or ErrNotFound.
func (l listing[R, T]) one(ctx context.Context, c *Client, w where, operation, what string) (*T, error) {
	found, err := l.list(ctx, c, w)
	return onlyOf(c, found, err, operation, what)
}

// firstByName returns the first objects by name, at most limit. query returns the first rows by name that match a filter.
func (l listing[R, T]) firstByName(
	ctx context.Context, c *Client, w where, limit int,
	query func(ctx context.Context, tenant string, w where, limit int) ([]R, error), name func(*R) string,
) ([]T, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := first(ctx, limit, func(ctx context.Context, following where, limit int) ([]R, error) {
		return query(ctx, tenant, both(following, w), limit)
	}, l.id, func(last *R) where { return followingName(name(last), followingID(l.id(last))) })
	return convert(rows, l.object), err
}

// find returns the objects with these ids, by id.
func (l listing[R, T]) find(ctx context.Context, c *Client, ids []string) (map[string]*T, error) {
	rows, err := l.rows(ctx, c, where{"id": oneOf(ids)})
	return l.byID(rows), err
}

// near returns a page of the objects that match a filter and follow an id.
func (l listing[R, T]) near(ctx context.Context, c *Client, w where, from string, limit int) (*nearPage[T], error) {
	rows, left, err := l.page(ctx, c, after(cmp.Or(from, beforeAll), w), limit)
	if err != nil {
		return nil, err
	}
	return pageOf(l.byID(rows), rows, l.id, left), nil
}

// nearAny is near for a refresher that reads ahead all objects.
func (l listing[R, T]) nearAny(ctx context.Context, c *Client, _ []string, from string, limit int) (*nearPage[T], error) {
	return l.near(ctx, c, where{}, from, limit)
}

func (l listing[R, T]) byID(rows []R) map[string]*T {
	all := make(map[string]*T, len(rows))
	for i := range rows {
		object := l.object(&rows[i])
		all[l.id(&rows[i])] = &object
	}
	return all
}

// pageOf builds a page of objects from rows in id order.
func pageOf[T, R any](objects map[string]*T, rows []R, id func(*R) string, left *graphql.Count) *nearPage[T] {
	page := &nearPage[T]{objects: objects, left: count(left)}
	if n := len(rows); n > 0 && n < page.left {
		page.next = id(&rows[n-1])
	}
	return page
}

// onlyOf returns the first object found, or ErrNotFound.
func onlyOf[T any](c *Client, found []T, err error, operation, what string) (*T, error) {
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, c.http.NotFound(operation, what)
	}
	return &found[0], nil
}
