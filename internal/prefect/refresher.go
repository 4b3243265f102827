package prefect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// refreshWindow is how long a request waits for others to share it.
	refreshWindow = 5 * time.Millisecond
	// refreshPause is how long without a question ends a refresh and drops everything read ahead.
	refreshPause = 10 * time.Second
	// refreshLifetime is how long an object read ahead is kept during a refresh. It limits the age of an
	// answer; no answer is older than the start of the refresh.
	refreshLifetime = 2 * time.Minute
	// pagesPerWave is how many pages are read ahead per request for questions, which bounds the cost of useless ones.
	pagesPerWave = 2
	// maxKept is the maximum number of cached objects that nobody has asked for yet, tens of megabytes of
	// flows.
	maxKept = 100 * pageSize
)

// A refresher answers many questions for single objects of one kind with few requests. Terraform refreshes
// each object separately, ten at a time, in no particular order.
//
// Questions that arrive close together share a request. When a second such request shows that a whole
// configuration is being refreshed, the refresher reads ahead page by page: first the neighbours of the
// objects asked for, then the whole tenant.
//
// What each part buys, in requests (TestRefreshRequests; ten questions at a time, and two in brackets):
//
//	objects asked for, of how many       alone   shared        + tenant ahead   + neighbours ahead
//	2,000 of 2,000                       2,000   200 (1,000)   16 (16)          22 (31)
//	10,000 of 10,000                     10,000  1,000 (5,000) 76 (76)          79 (151)
//	1,000 of 20,000, whole projects      1,000   100 (500)     130 (151)        19 (76)
//	500 of 20,000, one of each project   500     50 (250)      25 (34)          43 (55)
//
// An answer is never older than this process's last write: every mutation drops the cache. Each cached answer
// is used once; a second question in the same refresh goes to the Server again. Only callers that wait for
// the same request share its answer.
type refresher[T any] struct {
	source refreshSource[T]

	mu      sync.Mutex
	busy    bool
	waiting []*question[T]

	// The current refresh. What it has read is valid as of this number of writes.
	writes int64
	last   time.Time
	waves  int
	kept   map[string]keptObject[T]
	given  map[string]bool // already answered; never cached again
	ahead  readingAhead
}

// refreshSource is how objects of a kind are read.
type refreshSource[T any] struct {
	// find returns the objects with these keys, by key.
	find func(ctx context.Context, c *Client, keys []string) (map[string]*T, error)
	// field returns the field an object belongs to, such as its project: objects of one field are neighbours.
	// If field is nil, there are none.
	field func(*T) string
	// near returns a page of the objects of some fields, or of the whole tenant if fields is empty. If near
	// is nil, nothing is read ahead.
	near func(ctx context.Context, c *Client, fields []string, after string, limit int) (*nearPage[T], error)
}

// nearPage is a page of objects by key.
type nearPage[T any] struct {
	objects map[string]*T
	// next is the cursor of the next page; empty after the last one.
	next string
	// left counts the objects from the start of this page on.
	left int
}

type question[T any] struct {
	key    string
	writes int64
	done   chan struct{}
	value  *T
	err    error
	wave   *wave
}

// wave is a request and the number of callers that wait for it.
type wave struct {
	waiting int
	cancel  context.CancelFunc
}

type keptObject[T any] struct {
	value *T
	read  time.Time
}

// readingAhead is the progress of reading ahead.
type readingAhead struct {
	pages  int // how many have been read
	known  map[string]bool
	next   []string // fields still to be read
	fields stretch  // the fields that are being read
	tenant stretch  // all of the tenant
	whole  bool     // the whole tenant was read
}

// stretch is a part of the objects that is read page by page.
type stretch struct {
	begun  bool
	fields []string
	from   string // the cursor
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

// begin returns what to read next; nil if everything was read.
func (a *readingAhead) begin() *stretch {
	switch {
	case a.whole:
		return nil
	case !a.fields.begun && len(a.next) > 0:
		a.fields, a.next = stretch{begun: true, fields: a.next}, nil
		return &a.fields
	case a.fields.begun:
		return &a.fields
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

// get returns the object with a key, or nil if there is none.
func (r *refresher[T]) get(ctx context.Context, c *Client, key string) (*T, error) {
	q := &question[T]{key: key, writes: c.http.Writes(), done: make(chan struct{})}
	r.mu.Lock()
	if !r.answer(q, c.http.Now()) {
		r.waiting = append(r.waiting, q)
		if !r.busy {
			r.busy = true
			// A shared request must survive the cancellation of the caller that started it.
			go r.serve(context.WithoutCancel(ctx), c)
		}
	}
	r.mu.Unlock()
	select {
	case <-q.done:
		return q.value, q.err
	case <-ctx.Done():
		r.abandon(q)
		return nil, fmt.Errorf("waiting for a request shared with others: %w", context.Cause(ctx))
	}
}

// answer uses what was read ahead, if it is present and new enough for the question.
func (r *refresher[T]) answer(q *question[T], now time.Time) bool {
	kept, ok := r.kept[q.key]
	if !ok || q.writes != r.writes || now.Sub(r.last) > refreshPause || now.Sub(kept.read) > refreshLifetime {
		return false
	}
	delete(r.kept, q.key)
	r.given[q.key] = true
	r.last = now
	q.value = kept.value
	close(q.done)
	return true
}

// abandon is called when no caller waits for the answer any more.
func (r *refresher[T]) abandon(q *question[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.wave == nil {
		r.waiting = slices.DeleteFunc(r.waiting, func(other *question[T]) bool { return other == q })
		return
	}
	if q.wave.waiting--; q.wave.waiting == 0 {
		q.wave.cancel()
	}
}

// serve answers questions until there are none.
func (r *refresher[T]) serve(ctx context.Context, c *Client) {
	timer := time.NewTimer(refreshWindow)
	defer timer.Stop()
	for {
		<-timer.C
		limited, cancel := context.WithCancel(ctx)
		questions := r.begin(c, &wave{cancel: cancel})
		if questions == nil {
			cancel()
			return
		}
		r.ask(limited, c, questions)
		cancel()
		timer.Reset(refreshWindow)
	}
}

// begin collects the questions for one request and answers those that are cached. If none are left, it ends
// the service.
func (r *refresher[T]) begin(c *Client, w *wave) []*question[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, writes := c.http.Now(), c.http.Writes()
	if writes != r.writes || now.Sub(r.last) > refreshPause || r.kept == nil {
		r.writes, r.waves, r.ahead = writes, 0, readingAhead{}
		r.kept, r.given = map[string]keptObject[T]{}, map[string]bool{}
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(q *question[T]) bool { return r.answer(q, now) })
	if len(r.waiting) == 0 {
		r.busy = false
		return nil
	}
	r.last = now
	questions := r.waiting[:min(len(r.waiting), pageSize)]
	r.waiting = slices.Clone(r.waiting[len(questions):])
	r.waves++
	w.waiting = len(questions)
	for _, q := range questions {
		q.wave = w
	}
	return questions
}

// ask sends questions to the Server, reads ahead, and answers them.
func (r *refresher[T]) ask(ctx context.Context, c *Client, questions []*question[T]) {
	keys := make([]string, 0, len(questions))
	for _, q := range questions {
		keys = append(keys, q.key)
	}
	slices.Sort(keys)
	found, failed := r.find(ctx, c, slices.Compact(keys))
	r.mu.Lock()
	for _, q := range questions {
		q.value, q.err = found[q.key], failed[q.key]
		r.given[q.key] = true
		if q.value != nil && r.source.field != nil {
			r.ahead.add(r.source.field(q.value))
		}
	}
	r.mu.Unlock()
	if len(failed) == 0 {
		// Before answering: the waiting callers can still cancel.
		r.readAhead(ctx, c)
	}
	r.mu.Lock()
	r.last = c.http.Now() // a slow answer does not count as a pause
	r.mu.Unlock()
	for _, q := range questions {
		close(q.done)
	}
}

// find asks for keys. If the Server refuses them together, it asks for subsets, so that each refused key gets
// its own error.
func (r *refresher[T]) find(ctx context.Context, c *Client, keys []string) (map[string]*T, map[string]error) {
	found, err := r.source.find(ctx, c, keys)
	if err == nil {
		return found, nil
	}
	if len(keys) > 1 && ctx.Err() == nil && (errors.Is(err, ErrInvalid) || errors.Is(err, ErrTooLarge)) {
		left, leftFailed := r.find(ctx, c, keys[:len(keys)/2])
		right, rightFailed := r.find(ctx, c, keys[len(keys)/2:])
		return joined(left, right), joined(leftFailed, rightFailed)
	}
	failed := make(map[string]error, len(keys))
	for _, key := range keys {
		failed[key] = err
	}
	return nil, failed
}

func joined[V any](a, b map[string]V) map[string]V {
	all := make(map[string]V, len(a)+len(b))
	for _, part := range []map[string]V{a, b} {
		for key, value := range part {
			all[key] = value
		}
	}
	return all
}

// readAhead reads objects that will probably be asked for. A failure is harmless: an object that is not
// cached is requested from the Server.
func (r *refresher[T]) readAhead(ctx context.Context, c *Client) {
	for {
		part := r.nextPage(c)
		if part == nil {
			return
		}
		read := c.http.Now()
		page, err := r.source.near(ctx, c, part.fields, part.from, pageSize)
		if err != nil {
			return
		}
		r.keep(part, page, read)
	}
}

// nextPage returns what to read next, or nil if enough has been read.
func (r *refresher[T]) nextPage(c *Client) *stretch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.source.near == nil || r.waves < 2 || c.http.Writes() != r.writes {
		return nil
	}
	now := c.http.Now()
	for key, kept := range r.kept {
		if now.Sub(kept.read) > refreshLifetime {
			// An expired object must be read again if it is still wanted, and so must its neighbours.
			delete(r.kept, key)
			r.ahead = readingAhead{pages: r.ahead.pages}
		}
	}
	if r.ahead.pages >= pagesPerWave*(r.waves-1) || len(r.kept)+pageSize > maxKept {
		return nil
	}
	r.ahead.pages++
	return r.ahead.begin()
}

func (r *refresher[T]) keep(part *stretch, page *nearPage[T], read time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead.proceed(part, page.next)
	for key, value := range page.objects {
		if !r.given[key] {
			r.kept[key] = keptObject[T]{value: value, read: read}
		}
	}
}
