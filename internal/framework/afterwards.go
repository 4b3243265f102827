package framework

import (
	"sync"
	"time"
)

// settleTime is how long after a call Terraform has surely taken note of its
// answer. A process that Terraform tells to end before does not wait for it.
const settleTime = 200 * time.Millisecond

// afterwards are things to do after calls that have returned, or are about to.
type afterwards struct {
	mu      sync.Mutex
	waiting map[*task]struct{}
	running sync.WaitGroup
}

type task struct{ do func() }

func (a *afterwards) add(do func()) {
	t := &task{do: do}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[*task]struct{}{}
	}
	a.waiting[t] = struct{}{}
	a.running.Add(1)
	time.AfterFunc(settleTime, func() { a.run(t) })
}

// run does one thing, unless it has been begun.
func (a *afterwards) run(t *task) {
	a.mu.Lock()
	_, waits := a.waiting[t]
	delete(a.waiting, t)
	a.mu.Unlock()
	if waits {
		defer a.running.Done()
		t.do()
	}
}

func (a *afterwards) finish() {
	a.mu.Lock()
	for t := range a.waiting {
		go a.run(t)
	}
	a.mu.Unlock()
	a.running.Wait()
}

// ofProcess are those of this process, whose end does them.
var ofProcess afterwards //nolint:gochecknoglobals // see above

// Afterwards does something when the call that is being answered has returned and
// Terraform holds its answer: what tells others that the answer is safe. A
// process that is killed before has told nobody.
func Afterwards(do func()) { ofProcess.add(do) }

// Finish does at once what is left to do afterwards, and returns when it is done.
// Terraform ends a provider when it has all answers.
func Finish() { ofProcess.finish() }
