package runwait

import (
	"context"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const (
	// sharedWindow is how long a poll waits for others to share its request.
	sharedWindow = 5 * time.Millisecond
	// sharedGap is the minimum interval between the requests of several waits: 300 per minute, which is less than twenty
	// waits may send that share nothing.
	sharedGap = 200 * time.Millisecond
	// sharedRuns is the maximum number of runs per request.
	sharedRuns = 200
)

// Polls lets the waits of one process share their polls: a request for one run also reads the others that are waited for,
// so that the number of requests does not grow with the number of waits. The zero value is ready for use. All waits must
// use the same Server.
type Polls struct {
	mu   sync.Mutex
	all  map[*follower]struct{}
	busy bool
	last time.Time // when the last request was sent
}

// follower is a wait for one run.
type follower struct {
	id string
	// news has a value when fresh was set.
	news chan struct{}

	// asking and fresh belong to Polls.mu.
	asking *asking
	fresh  *sighting // what the poll of another wait has read
}

// sighting is a run and when it was asked for.
type sighting struct {
	run   *prefect.FlowRun
	asked time.Time
}

// asking is a poll that waits for its answer.
type asking struct {
	done    chan struct{}
	request *sharedRequest // nil before it is sent
	run     *prefect.FlowRun
	err     error
}

// sharedRequest counts the polls that wait for a request.
type sharedRequest struct {
	waiting int
	cancel  context.CancelFunc
}

func (p *Polls) join(id string) *follower {
	f := &follower{id: id, news: make(chan struct{}, 1)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[*follower]struct{}{}
	}
	p.all[f] = struct{}{}
	return f
}

func (p *Polls) leave(f *follower) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, f)
}

// take returns what another wait has read of the run no earlier than since, once; nil if there is nothing.
func (p *Polls) take(f *follower, since time.Time) *prefect.FlowRun {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := f.fresh
	f.fresh = nil
	if fresh == nil || fresh.asked.Before(since) {
		return nil
	}
	return fresh.run
}

// has reports whether take would return a run.
func (p *Polls) has(f *follower, since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return f.fresh != nil && !f.fresh.asked.Before(since)
}

// poll reads the run of a follower, together with those of others.
func (p *Polls) poll(ctx context.Context, server Server, f *follower) (*prefect.FlowRun, error) {
	a := &asking{done: make(chan struct{})}
	p.mu.Lock()
	f.asking = a
	if !p.busy {
		p.busy = true
		go p.serve(context.WithoutCancel(ctx), server)
	}
	p.mu.Unlock()
	select {
	case <-a.done:
		return a.run, a.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.asking == a {
		f.asking = nil
	}
	if r := a.request; r != nil {
		if r.waiting--; r.waiting == 0 {
			r.cancel()
		}
	}
	return nil, ctx.Err() //nolint:wrapcheck // only tells the caller to stop
}

// serve sends requests until no poll waits for one.
func (p *Polls) serve(ctx context.Context, server Server) {
	for {
		time.Sleep(p.delay())
		limited, cancel := context.WithCancel(ctx)
		asked, others := p.begin(&sharedRequest{cancel: cancel})
		if len(asked) == 0 {
			cancel()
			return
		}
		p.send(limited, server, asked, others)
		cancel()
		if p.idle() {
			return
		}
	}
}

// idle ends the service if no poll waits.
func (p *Polls) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for f := range p.all {
		if f.asking != nil {
			return false
		}
	}
	p.busy = false
	return true
}

// delay is how long the next request has to wait.
func (p *Polls) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) < 2 {
		return sharedWindow
	}
	return max(sharedWindow, time.Until(p.last.Add(sharedGap)))
}

// begin takes the polls for a request, and as many other followers as there is room for. Without a poll it ends the
// service.
func (p *Polls) begin(r *sharedRequest) (asked map[*follower]*asking, others []*follower) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked = map[*follower]*asking{}
	for f := range p.all {
		if f.asking != nil && len(asked) < sharedRuns {
			f.asking.request = r
			asked[f], f.asking = f.asking, nil
		}
	}
	if len(asked) == 0 {
		p.busy = false
		return nil, nil
	}
	for f := range p.all {
		if _, mine := asked[f]; !mine && len(asked)+len(others) < sharedRuns {
			others = append(others, f)
		}
	}
	r.waiting = len(asked)
	p.last = time.Now()
	return asked, others
}

// send sends a request and distributes its answer.
func (p *Polls) send(ctx context.Context, server Server, asked map[*follower]*asking, others []*follower) {
	sent := time.Now()
	found, err := p.read(ctx, server, asked, others)
	for f, a := range asked {
		a.run, a.err = found[f.id], err
		if a.run == nil && err == nil {
			// That it is gone has consequences: it is asked for by itself.
			a.run, a.err = server.GetFlowRun(ctx, f.id)
		}
		close(a.done)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range others {
		if run := found[f.id]; run != nil {
			f.fresh = &sighting{run: run, asked: sent}
			select {
			case f.news <- struct{}{}:
			default:
			}
		}
	}
}

func (p *Polls) read(ctx context.Context, server Server, asked map[*follower]*asking, others []*follower) (map[string]*prefect.FlowRun, error) {
	ids := make([]string, 0, len(asked)+len(others))
	for f := range asked {
		ids = append(ids, f.id)
	}
	for _, f := range others {
		ids = append(ids, f.id)
	}
	found := map[string]*prefect.FlowRun{}
	if len(ids) == 1 {
		run, err := server.GetFlowRun(ctx, ids[0])
		if err != nil {
			return nil, err //nolint:wrapcheck // the client's errors say what was asked of whom
		}
		found[ids[0]] = run
		return found, nil
	}
	runs, err := server.GetFlowRuns(ctx, ids)
	for i := range runs {
		found[runs[i].ID] = &runs[i]
	}
	return found, err //nolint:wrapcheck // as above
}
