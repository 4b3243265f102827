package prefect

import (
	"maps"
	"slices"
	"time"
)

// Creations that run side by side ask at about the same time. A request waits for those that are probably about to ask.

// holds reports whether a request should wait for questions that are about to come. Creations that run side by side look at
// about the same time, first for their plan, and then for the present, when none can use what another was told.
func (r *refresher[T]) holds(c *Client, held time.Duration) bool {
	switch {
	case r.source.hold != nil:
		return held < refreshHold && r.source.hold(c)
	case r.source.again == 0:
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	coming, present := r.expecting(), 0
	for _, q := range r.waiting {
		switch {
		case time.Since(q.asked) < refreshGather:
			return true
		case q.now:
			present++
		}
	}
	return present > 0 && (coming || present < r.together)
}

// expect notes that a question for the present will probably follow the answer to one for a plan.
func (r *refresher[T]) expect(q *question[T]) {
	if q.now || q.err != nil || !r.source.present {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.expected == nil || len(r.expected) > maxExpected {
		r.expected = map[string]time.Time{}
	}
	r.expected[q.key] = time.Now()
}

// expecting reports whether a question for the present is about to come. r.mu is held.
func (r *refresher[T]) expecting() bool {
	maps.DeleteFunc(r.expected, func(_ string, at time.Time) bool { return time.Since(at) > presentHold })
	return len(r.expected) > 0
}

// expects is expecting for others.
func (r *refresher[T]) expects() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.expecting()
}

// first takes the questions for the next request. Those for plans go first: what they ask for the present then, they ask
// together with those that wait.
func (r *refresher[T]) first() []*question[T] {
	waits := func(q *question[T]) bool { return q.now && time.Since(q.asked) < presentHold }
	if !slices.ContainsFunc(r.waiting, func(q *question[T]) bool { return !waits(q) }) {
		waits = func(*question[T]) bool { return false }
	}
	var questions, rest []*question[T]
	for _, q := range r.waiting {
		if waits(q) || len(questions) == pageSize {
			rest = append(rest, q)
		} else {
			questions = append(questions, q)
		}
	}
	r.waiting = rest
	if questions[0].now {
		r.together = max(len(questions), r.together/2)
	}
	return questions
}
