package runwait

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// remindAfter is how long nothing is reported before the present state is reported again.
const remindAfter = 15 * time.Second

// Reminder passes messages on, and repeats what a wait is at whenever nothing else has been reported for 15 seconds. Its
// methods may be called at the same time.
type Reminder struct {
	tell  func(message string)
	begin time.Time

	mu     sync.Mutex
	spoke  time.Time
	status string
}

// NewReminder returns a Reminder for tell, which may be nil. It reminds until ctx ends or stop, which waits for a message
// that is being delivered.
func NewReminder(ctx context.Context, tell func(message string)) (r *Reminder, stop func()) {
	now := time.Now()
	r = &Reminder{tell: tell, begin: now, spoke: now}
	if tell == nil {
		return r, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { r.run(ctx) })
	return r, func() {
		cancel()
		running.Wait()
	}
}

// Say passes a message on.
func (r *Reminder) Say(message string) {
	if r.tell == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spoke = time.Now()
	r.tell(message)
}

// At sets what the wait is at, as a clause such as `flow run "x" is Running`. It is only reported as a reminder.
func (r *Reminder) At(status string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *Reminder) run(ctx context.Context) {
	for {
		timer := time.NewTimer(time.Until(r.remind(time.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// remind reports the status if it is time to, and returns when to look again.
func (r *Reminder) remind(now time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due := r.spoke.Add(remindAfter); now.Before(due) {
		return due
	}
	r.spoke = now
	if r.status != "" {
		r.tell(fmt.Sprintf("Still waiting (%s elapsed): %s", now.Sub(r.begin).Round(time.Second), r.status))
	}
	return now.Add(remindAfter)
}

// status describes what the wait is at, with the reason if one is known.
func (w *Waiter) status(now time.Time) string {
	if w.run == nil {
		return "the Server has not answered yet"
	}
	if !w.broken.IsZero() {
		return fmt.Sprintf("the Server does not answer; flow run %q was last %s", w.run.Name, StateName(w.run.State))
	}
	text := fmt.Sprintf("flow run %q is %s", w.run.Name, StateName(w.run.State))
	if reason := w.reason(now); reason != "" {
		return text + ". " + reason
	}
	return text
}

// reason says what the run waits for; "" if that is not known or the run executes.
func (w *Waiter) reason(now time.Time) string {
	newest := Newest(w.jobs())
	if c := findCause(newest); c.found() {
		return c.Text
	}
	due := *w.local(w.scheduledFor())
	switch {
	case Queued(w.run.State) && due.After(now):
		return fmt.Sprintf("It is due at %s.", w.scheduledFor().UTC().Format(time.RFC3339))
	case Queued(w.run.State) && w.agents != nil:
		return w.agents.Text
	case newest != nil && len(newest.Pods) > 0 && newest.Pods[len(newest.Pods)-1].Phase == PodPending:
		return pending(newest.Pods[len(newest.Pods)-1])
	case newest != nil && len(newest.Pods) == 0 && w.run.State == states.Submitted:
		return fmt.Sprintf("Job %s/%s has no pod yet.", newest.Namespace, newest.Name)
	case newest == nil && w.watch != nil && w.run.State == states.Submitted:
		return "No Job of the run is to be seen yet."
	default:
		return ""
	}
}

// pending says what a pending pod without an error waits for.
func pending(p runjobs.Pod) string {
	for _, list := range [][]runjobs.Container{p.InitContainers, p.Containers} {
		for _, c := range list {
			if c.State == runjobs.StateWaiting && c.Reason != "" {
				return fmt.Sprintf("Pod %s is pending: container %s is waiting (%s).", p.Name, c.Name, c.Reason)
			}
		}
	}
	return fmt.Sprintf("Pod %s is pending.", p.Name)
}
