package prefect

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// thing is an object of a simulated Server.
type thing struct{ id, field string }

// things are a simulated Server: objects in the order of their ids, and the requests that it got.
type things struct {
	all      []*thing
	byField  map[string][]*thing
	byID     map[string]*thing
	find     atomic.Int64
	near     atomic.Int64
	returned atomic.Int64 // objects that were read ahead
}

// newThings makes so many fields with so many objects each. Like UUIDs, the ids say nothing of the field.
func newThings(fields, each int) *things {
	s := &things{byField: map[string][]*thing{}, byID: map[string]*thing{}}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable simulation
	for f := range fields {
		for range each {
			t := &thing{id: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()), field: fmt.Sprintf("field-%06d", f)}
			s.all = append(s.all, t)
			s.byID[t.id] = t
		}
	}
	slices.SortFunc(s.all, func(a, b *thing) int { return strings.Compare(a.id, b.id) })
	for _, t := range s.all {
		s.byField[t.field] = append(s.byField[t.field], t)
	}
	return s
}

func (s *things) source() refreshSource[thing] {
	return refreshSource[thing]{
		find: func(_ context.Context, _ *Client, keys []string) (map[string]*thing, error) {
			s.find.Add(1)
			found := map[string]*thing{}
			for _, key := range keys {
				if t := s.byID[key]; t != nil {
					found[key] = t
				}
			}
			return found, nil
		},
		field: func(t *thing) string { return t.field },
		near: func(_ context.Context, _ *Client, fields []string, after string, limit int) (*nearPage[thing], error) {
			s.near.Add(1)
			rows := s.all
			if len(fields) > 0 {
				rows = nil
				for _, f := range fields {
					rows = append(rows, s.byField[f]...)
				}
				slices.SortFunc(rows, func(a, b *thing) int { return strings.Compare(a.id, b.id) })
			}
			from, _ := slices.BinarySearchFunc(rows, cmp.Or(after, "0")+"\x00", func(t *thing, id string) int { return strings.Compare(t.id, id) })
			rows = rows[from:]
			page := &nearPage[thing]{objects: map[string]*thing{}, left: len(rows)}
			for _, t := range rows[:min(limit, len(rows))] {
				page.objects[t.id] = t
				page.next = t.id
			}
			s.returned.Add(int64(len(page.objects)))
			if len(page.objects) == len(rows) {
				page.next = ""
			}
			return page, nil
		},
	}
}

// refresh asks for objects in random order, so many at a time.
func (s *things) refresh(t *testing.T, wanted []*thing, parallel int) {
	t.Helper()
	client, err := New(Config{Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	r := &refresher[thing]{source: s.source()}
	order := rand.Perm(len(wanted))
	var next atomic.Int64
	var group sync.WaitGroup
	for range parallel {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(wanted)); i = next.Add(1) - 1 {
				want := wanted[order[i]]
				if got, err := r.get(t.Context(), client, want.id); err != nil || got.id != want.id {
					t.Errorf("asked for %s, got %v, %v", want.id, got, err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestRefreshRequests counts the requests for configurations of many sizes, against what is on the Server beside them:
// with ten questions at a time, and with two, which is what ten become where answering takes longer than asking.
func TestRefreshRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		fields, each int // what the Server has
		wanted       int // how many fields the configuration has
		few          int // how many of each; 0 for all
		most         int64
	}{
		{"20 of 20", 1, 20, 1, 0, 10},
		{"1,000 of 1,000", 50, 20, 50, 0, 25},
		{"2,000 of 2,000", 50, 40, 50, 0, 50},
		{"10,000 of 10,000", 100, 100, 100, 0, 250},
		{"2,000 of one field", 1, 2000, 1, 0, 25},
		{"a field each", 1000, 1, 1000, 0, 30},
		{"a field each, 3,000", 3000, 1, 3000, 0, 75},
		{"five fields of many", 1000, 20, 5, 0, 20},
		{"fifty fields of many", 1000, 20, 50, 0, 100},
		{"singles of many", 1000, 20, 100, 1, 60},
		{"10 singles of many", 1000, 20, 10, 1, 20},
		{"500 singles of many", 1000, 20, 500, 1, 90},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, parallel := range []int{10, 2} {
				s := newThings(c.fields, c.each)
				var wanted []*thing
				for f := range c.wanted {
					of := s.byField[fmt.Sprintf("field-%06d", f)]
					if c.few > 0 {
						of = of[:c.few]
					}
					wanted = append(wanted, of...)
				}
				s.refresh(t, wanted, parallel)
				n := s.find.Load() + s.near.Load()
				t.Logf("%d at a time, %d objects of %d: %d requests, %d of them ahead for %d objects",
					parallel, len(wanted), len(s.all), n, s.near.Load(), s.returned.Load())
				if n > c.most {
					t.Errorf("%d requests, want at most %d", n, c.most)
				}
			}
		})
	}
}
