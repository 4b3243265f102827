package prefect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

const (
	// pageSize is how many rows one request asks for.
	pageSize = 200
	// maxPages limits the requests for one list. A Server may cap a page at 100 rows, so a list can have at
	// least 200,000.
	maxPages = 2000
	// beforeAll is an id smaller than any other.
	beforeAll = "00000000-0000-0000-0000-000000000000"
)

// where is a filter: conditions by column, combined with AND. A condition must never be null, because the
// Server treats that as "no condition".
type where = map[string]any

func equals(v any) where          { return where{"_eq": v} }
func like(pattern string) where   { return where{"_ilike": pattern} }
func oneOf(values []string) where { return where{"_in": values} }

// both returns a filter for the rows that match both filters.
func both(a, b where) where { return where{"_and": []where{a, b}} }

// after restricts a filter to the rows that follow an id.
func after(id string, w where) where { return both(followingID(id), w) }

// pages collects the rows of a list, page by page in id order, whatever page size the Server allows: each
// page comes with the number of remaining rows.
func pages[T any](
	ctx context.Context,
	fetch func(ctx context.Context, after string) (rows []T, left *graphql.Count, err error),
	id func(*T) string,
) ([]T, error) {
	var all []T
	last := beforeAll
	for page := 1; ; page++ {
		rows, left, err := fetch(ctx, last)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		switch {
		case left == nil:
			return nil, fmt.Errorf("%w: a list came without its row count", ErrNotPrefect)
		case len(rows) >= left.Count:
			return all, nil
		case len(rows) == 0:
			return nil, fmt.Errorf("%w: an empty page came although there are %d more rows", ErrNotPrefect, left.Count)
		case page == maxPages:
			return nil, fmt.Errorf("%w: a list did not end within %d pages", ErrNotPrefect, maxPages)
		}
		next := id(&rows[len(rows)-1])
		if next <= last {
			return nil, fmt.Errorf("%w: the pages of a list do not follow each other", ErrNotPrefect)
		}
		last = next
	}
}

// first collects rows in the order that fetch asks for, up to a limit, however few rows the Server gives at once. fetch
// gets the filter for the rows that follow the last one, which following makes; the filter is empty at first. Of the rows
// with one id, only the first counts.
func first[T any](
	ctx context.Context, limit int,
	fetch func(ctx context.Context, following where, limit int) ([]T, error),
	id func(*T) string, following func(last *T) where,
) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	from := where{}
	for page := 1; len(all) < limit; page++ {
		rows, err := fetch(ctx, from, min(limit-len(all), pageSize))
		switch {
		case err != nil:
			return nil, err
		case len(rows) == 0:
			return all, nil
		case page == maxPages:
			return nil, fmt.Errorf("%w: a list did not end within %d pages", ErrNotPrefect, maxPages)
		}
		for i := range rows {
			if key := id(&rows[i]); !seen[key] {
				seen[key] = true
				all = append(all, rows[i])
			}
		}
		from = following(&rows[len(rows)-1])
	}
	return all[:limit], nil
}

// followingName selects the rows after one in a list that is ordered by name; rest selects those after it that have its name.
func followingName(name string, rest where) where {
	return where{"_or": []where{{"name": where{"_gt": name}}, both(where{"name": equals(name)}, rest)}}
}

// followingID selects the rows after one in a list that is ordered by id.
func followingID(id string) where { return where{"id": where{"_gt": id}} }

// convert maps rows.
func convert[T, U any](rows []T, one func(*T) U) []U {
	out := make([]U, 0, len(rows))
	for i := range rows {
		out = append(out, one(&rows[i]))
	}
	return out
}

// value returns *p, or the zero value for nil.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// optional returns a pointer to v, or nil for the zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// document returns a JSON column, nil for null.
func document(p *json.RawMessage) json.RawMessage {
	if p == nil || bytes.Equal(bytes.TrimSpace(*p), []byte("null")) {
		return nil
	}
	return *p
}

// optionalDocument is the reverse of document.
func optionalDocument(d json.RawMessage) *json.RawMessage {
	if len(d) == 0 {
		return nil
	}
	return &d
}

// stringList reads a JSON column that contains a list of strings: nil for null or anything else, empty for an
// empty list.
func stringList(d json.RawMessage) []string {
	var list []string
	if json.Unmarshal(d, &list) != nil {
		return nil
	}
	return list
}

func count(c *graphql.Count) int {
	if c == nil {
		return 0
	}
	return c.Count
}
