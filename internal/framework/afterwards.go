package framework

import (
	"context"
	"sync"
	"time"
)

const (
	// settleTime is how long after a call Terraform has certainly recorded the answer. When Terraform stops
	// the provider earlier, Finish does not wait for it.
	settleTime = 200 * time.Millisecond
	// exitTime limits Finish: Terraform kills a provider two seconds after asking it to stop.
	exitTime = 1500 * time.Millisecond
)

// Afterwards runs tasks once the current call has returned and Terraform holds its answer, such as marking on
// the Server that the answer was recorded. A process that is killed earlier runs none of them. The zero value
// is ready for use; the served provider owns one and calls Finish when it stops.
type Afterwards struct {
	mu      sync.Mutex
	waiting map[*task]struct{}
	running sync.WaitGroup
	until   context.Context //nolint:containedctx // passed to the tasks; Finish cancels it
	give    context.CancelFunc
}

type task struct{ do func(until context.Context) }

// Do schedules a task for shortly after the call, or for the provider's exit if that comes first. The task's
// context, until, ends when time runs out.
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

// run runs a task unless it has already started.
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

// Finish runs the remaining tasks immediately and returns when they are done or time runs out. Terraform
// stops a provider once it has every answer.
func (a *Afterwards) Finish() {
	a.mu.Lock()
	for t := range a.waiting {
		go a.run(t)
	}
	give := a.give
	a.mu.Unlock()
	if give == nil {
		return // no task was ever scheduled
	}
	timer := time.AfterFunc(exitTime, give)
	defer timer.Stop()
	a.running.Wait()
}
