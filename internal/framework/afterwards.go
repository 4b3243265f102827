package framework

import (
	"context"
	"sync"
	"time"
)

const (
	// settleTime is how long after a call Terraform has surely taken note of its
	// answer. A process that Terraform tells to end before does not wait for it.
	settleTime = 200 * time.Millisecond
	// exitTime is how long Finish takes at most: Terraform kills a provider two
	// seconds after it has asked it to end.
	exitTime = 1500 * time.Millisecond
)

// Afterwards are things to do when the call that is being answered has returned
// and Terraform holds its answer: what tells others that the answer is safe. A
// process that is killed before has told nobody. The zero value is ready for use;
// the served provider owns one, and ends with Finish.
type Afterwards struct {
	mu      sync.Mutex
	waiting map[*task]struct{}
	running sync.WaitGroup
	until   context.Context //nolint:containedctx // the life of what is done, which Finish ends
	give    context.CancelFunc
}

type task struct{ do func(until context.Context) }

// Do has something done a moment later, or when Terraform ends the provider,
// whichever is first. until ends when there is no more time for it.
func (a *Afterwards) Do(do func(until context.Context)) {
	t := &task{do: do}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[*task]struct{}{}
		a.until, a.give = context.WithCancel(context.Background())
	}
	a.waiting[t] = struct{}{}
	a.running.Add(1)
	time.AfterFunc(settleTime, func() { a.run(t) })
}

// run does one thing, unless it has been begun.
func (a *Afterwards) run(t *task) {
	a.mu.Lock()
	_, waits := a.waiting[t]
	delete(a.waiting, t)
	until := a.until
	a.mu.Unlock()
	if waits {
		defer a.running.Done()
		t.do(until)
	}
}

// Finish does at once what is left to do, and returns when it is done, or when
// there is no more time. Terraform ends a provider when it has all answers.
func (a *Afterwards) Finish() {
	a.mu.Lock()
	for t := range a.waiting {
		go a.run(t)
	}
	give := a.give
	a.mu.Unlock()
	if give == nil {
		return // nothing was ever to be done
	}
	timer := time.AfterFunc(exitTime, give)
	defer timer.Stop()
	a.running.Wait()
}
