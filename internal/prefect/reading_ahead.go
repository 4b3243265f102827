package prefect

import (
	"context"
	"maps"
	"slices"
	"time"
)

// readingAhead is the progress of reading ahead.
type readingAhead struct {
	pages  int // how many have been read
	known  map[string]bool
	next   []string // fields still to be read
	fields stretch  // the fields that are being read
	tenant stretch  // all of the tenant
	whole  bool     // the whole tenant was read
	large  bool     // the tenant has too many objects to be read for some fields
}

// smallTenant is how many objects a tenant may have to be read whole where only some fields are asked for.
const smallTenant = 5 * pageSize

// stretch is a part of the objects that is read page by page.
type stretch struct {
	begun  bool
	fields []string
	from   string // the cursor
	since  moment
}

func (a *readingAhead) add(field string) {
	if a.known[field] {
		return
	}
	if a.known == nil {
		a.known = map[string]bool{}
	}
	a.known[field] = true
	a.next = append(a.next, field)
}

// again starts over with the same fields.
func (a *readingAhead) again() readingAhead {
	return readingAhead{pages: a.pages, large: a.large, known: a.known, next: slices.Sorted(maps.Keys(a.known))}
}

// begin returns what to read next, or nil if there is nothing left to read. With looks, a small tenant is read at once, and
// then fields only.
func (a *readingAhead) begin(now moment, looks, fieldsOnly bool) *stretch {
	switch {
	case a.whole:
		return nil
	case looks && !a.large:
		if !a.tenant.begun {
			a.tenant = stretch{begun: true, since: now}
		}
		return &a.tenant
	case !a.fields.begun && len(a.next) > 0:
		a.fields, a.next = stretch{begun: true, fields: a.next, since: now}, nil
		return &a.fields
	case a.fields.begun:
		return &a.fields
	case looks || fieldsOnly:
		return nil
	}
	a.tenant.begun = true
	return &a.tenant
}

// proceed records that a page of a stretch was read.
func (a *readingAhead) proceed(s *stretch, next string) {
	s.from, s.begun = next, next != ""
	if next == "" && s == &a.tenant {
		a.whole = true
	}
}

// readAhead reads objects that will probably be asked for. A failure is harmless: an object that is not
// cached is requested from the Server.
func (r *refresher[T]) readAhead(ctx context.Context, c *Client) {
	for {
		part := r.nextPage(c)
		if part == nil {
			return
		}
		r.mu.Lock()
		now := moment{c.http.Now(), r.changes}
		r.mu.Unlock()
		page, err := r.source.near(ctx, c, part.fields, part.from, pageSize)
		if err != nil {
			return
		}
		r.keep(part, page, now)
	}
}

// nextPage returns what to read next, or nil if enough has been read.
func (r *refresher[T]) nextPage(c *Client) *stretch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.source.near == nil || r.waves < 2 || r.source.countWrites(c) != r.writes {
		return nil
	}
	now := c.http.Now()
	if r.expire(now) {
		r.ahead = r.ahead.again()
	}
	if r.ahead.pages >= pagesPerWave*(r.waves-1) || len(r.kept)+pageSize > maxKept {
		return nil
	}
	part := r.ahead.begin(moment{now, r.changes}, r.source.fieldOf != nil, r.source.fieldsOnly)
	if part != nil {
		r.ahead.pages++
	}
	return part
}

// expire drops what is too old, and reports whether there was any.
func (r *refresher[T]) expire(now time.Time) bool {
	before := len(r.kept) + len(r.complete)
	if r.whole != nil && now.Sub(r.whole.at) > r.source.lifetime() {
		r.whole, before = nil, before+1
	}
	maps.DeleteFunc(r.kept, func(_ string, kept keptObject[T]) bool { return now.Sub(kept.read) > r.source.lifetime() })
	maps.DeleteFunc(r.complete, func(_ string, all moment) bool { return now.Sub(all.at) > r.source.lifetime() })
	return len(r.kept)+len(r.complete) < before
}

// keep caches a page, except for what was used already and what this process has changed since.
func (r *refresher[T]) keep(part *stretch, page *nearPage[T], now moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := part.from == ""
	r.ahead.proceed(part, page.next)
	for key, value := range page.objects {
		if !r.given[key] && now.changes >= r.changed[key] {
			r.kept[key] = keptObject[T]{value: value, read: now.at}
		}
	}
	switch {
	case r.source.fieldOf == nil:
	case part == &r.ahead.tenant && first && page.left > smallTenant:
		r.ahead.large, r.ahead.whole, r.ahead.tenant = true, false, stretch{}
	case page.next != "":
	case part == &r.ahead.tenant:
		since := part.since
		r.whole = &since
	default:
		for _, field := range part.fields {
			r.complete[field] = part.since
		}
	}
}
