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
	// refreshHold is the longest a request waits for questions that are about to come.
	refreshHold = 50 * refreshWindow
	// presentHold is the longest that questions for the present wait for others, and that they are expected.
	presentHold = 4 * refreshHold
	// refreshGather is how long after the last question a request of looks waits for further ones.
	refreshGather = 4 * refreshWindow
	// maxExpected is how many questions are expected at a time: a plan asks many that none follows.
	maxExpected = 100
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
// the same request share its answer. Looks are less strict; see
// looks_before_creation.go.
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
	// changes counts the calls of change, changed has the last one per key, complete when a field was read to its end, and
	// whole when the tenant was.
	changes  int64
	changed  map[string]int64
	complete map[string]moment
	whole    *moment
	// expected are the keys for which a question for the present will probably come, and since when.
	expected map[string]time.Time
	// together is how many questions for the present came together before. It falls by half: one that is late does not part
	// creations that run side by side.
	together int
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
	// fieldsOnly keeps the whole tenant from being read ahead.
	fieldsOnly bool
	// hold reports that more questions are about to come, so that a request should wait for them up to refreshHold.
	hold func(c *Client) bool

	// The rest is for looks. again is how long an answer may be used again; 0 for never.
	again time.Duration
	// writes counts the mutations that drop the cache; nil for all.
	writes func(c *Client) int64
	// fieldOf returns the field of a key. Once a whole field has been read, a key that was not in it is known not to
	// exist. Only fields are read ahead then, or the whole of a small tenant.
	fieldOf func(key string) string
	// present says that questions for the present follow those for a plan.
	present bool
}

func (s *refreshSource[T]) countWrites(c *Client) int64 {
	if s.writes != nil {
		return s.writes(c)
	}
	return c.http.Writes()
}

func (s *refreshSource[T]) lifetime() time.Duration {
	if s.again > 0 {
		return s.again
	}
	return refreshLifetime
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
	now    bool      // not to be answered with what was read before it was asked
	asked  time.Time // when
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

// moment is when a request was sent, and how many changes this process had made by then.
type moment struct {
	at      time.Time
	changes int64
}

// get returns the object with a key, or nil if there is none.
func (r *refresher[T]) get(ctx context.Context, c *Client, key string) (*T, error) {
	return r.await(ctx, c, &question[T]{key: key})
}

// getNow is get for an answer that the Server gives after the call. It still shares the request with others.
func (r *refresher[T]) getNow(ctx context.Context, c *Client, key string) (*T, error) {
	return r.await(ctx, c, &question[T]{key: key, now: true})
}

// await asks a question and waits for its answer.
func (r *refresher[T]) await(ctx context.Context, c *Client, q *question[T]) (*T, error) {
	q.writes, q.asked, q.done = r.source.countWrites(c), time.Now(), make(chan struct{})
	r.mu.Lock()
	if q.now {
		delete(r.expected, q.key)
	}
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
		r.expect(q)
		return q.value, q.err
	case <-ctx.Done():
		r.abandon(q)
		return nil, fmt.Errorf("waiting for a request shared with others: %w", context.Cause(ctx))
	}
}

// answer uses what was read ahead, if it is present and new enough for the question.
func (r *refresher[T]) answer(q *question[T], now time.Time) bool {
	if q.now || q.writes != r.writes || now.Sub(r.last) > refreshPause {
		return false
	}
	kept, ok := r.known(q.key)
	if !ok || now.Sub(kept.read) > r.source.lifetime() {
		return false
	}
	if r.source.again == 0 {
		delete(r.kept, q.key)
		r.given[q.key] = true
	}
	r.last = now
	q.value = kept.value
	close(q.done)
	return true
}

// known returns what was read of a key: an object, or that there is none.
func (r *refresher[T]) known(key string) (keptObject[T], bool) {
	kept, ok := r.kept[key]
	if !ok && r.source.fieldOf != nil {
		all, read := r.complete[r.source.fieldOf(key)]
		if r.whole != nil && (!read || r.whole.at.After(all.at)) {
			all, read = *r.whole, true
		}
		kept.read, ok = all.at, read && all.changes >= r.changed[key]
	}
	return kept, ok
}

// change drops a key, and all cached objects that match, because this process has changed them by a mutation that writes
// does not count.
func (r *refresher[T]) change(key string, matches func(*T) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		return
	}
	r.changes++
	for other, kept := range r.kept {
		if other == key || kept.value != nil && matches != nil && matches(kept.value) {
			delete(r.kept, other)
			r.changed[other] = r.changes
		}
	}
	r.changed[key] = r.changes
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
		for held := refreshWindow; held < presentHold && r.holds(c, held); held += refreshWindow {
			timer.Reset(refreshWindow)
			<-timer.C
		}
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
	now, writes := c.http.Now(), r.source.countWrites(c)
	if writes != r.writes || now.Sub(r.last) > refreshPause || r.kept == nil {
		r.writes, r.waves, r.ahead = writes, 0, readingAhead{}
		r.kept, r.given = map[string]keptObject[T]{}, map[string]bool{}
		r.changed, r.complete, r.whole = map[string]int64{}, map[string]moment{}, nil
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(q *question[T]) bool { return r.answer(q, now) })
	if len(r.waiting) == 0 {
		r.busy = false
		return nil
	}
	r.last = now
	questions := r.first()
	r.waves++
	w.waiting = len(questions)
	for _, q := range questions {
		q.wave = w
	}
	return questions
}

// ask sends questions to the Server, reads ahead, and answers them.
func (r *refresher[T]) ask(ctx context.Context, c *Client, questions []*question[T]) {
	r.mu.Lock()
	since := moment{c.http.Now(), r.changes}
	if r.source.fieldOf != nil {
		for _, q := range questions {
			r.ahead.add(r.source.fieldOf(q.key))
		}
	}
	r.mu.Unlock()
	open := questions
	if r.source.fieldOf != nil { // to read whole fields may answer everything
		r.readAhead(ctx, c)
		open = r.unanswered(questions, since)
	}
	keys := make([]string, 0, len(open))
	for _, q := range open {
		keys = append(keys, q.key)
	}
	if len(open) > 0 {
		slices.Sort(keys)
		found, failed := r.find(ctx, c, slices.Compact(keys))
		r.answerAll(open, found, failed, since)
		if len(failed) == 0 {
			// Before answering: the waiting callers can still cancel.
			r.readAhead(ctx, c)
		}
	}
	r.mu.Lock()
	r.last = c.http.Now() // a slow answer does not count as a pause
	r.mu.Unlock()
	for _, q := range questions {
		close(q.done)
	}
}

// unanswered sets the values of the questions that were read since, and returns the others.
func (r *refresher[T]) unanswered(questions []*question[T], since moment) []*question[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(questions), func(q *question[T]) bool {
		kept, ok := r.known(q.key)
		if ok = ok && !kept.read.Before(since.at); ok {
			q.value = kept.value
		}
		return ok
	})
}

// answerAll sets what the Server has answered to questions, and keeps it.
func (r *refresher[T]) answerAll(questions []*question[T], found map[string]*T, failed map[string]error, since moment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range questions {
		q.value, q.err = found[q.key], failed[q.key]
		switch {
		case r.source.again == 0:
			r.given[q.key] = true
		case q.err == nil && since.changes >= r.changed[q.key]:
			r.kept[q.key] = keptObject[T]{value: q.value, read: since.at}
		}
		if q.value != nil && r.source.field != nil {
			r.ahead.add(r.source.field(q.value))
		}
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
