package prefectserver

import (
	"slices"
	"sync"
	"time"
)

// Drop is when a fault closes the connection without an answer.
type Drop int

// The two moments at which a connection can be dropped.
const (
	DropBefore Drop = iota + 1 // nothing is executed
	DropAfter                  // everything is executed and committed, the answer is lost
)

// Fault makes matching requests fail. Its zero value matches every request and
// changes nothing.
type Fault struct {
	// Field matches requests with that root field; empty matches all.
	Field string
	// Operation matches requests whose operation has that name; empty matches all.
	Operation string
	// Skip lets that many matching requests pass first.
	Skip int
	// Times is how many requests it applies to; zero means every one.
	Times int

	// Before is called before anything else happens, if not nil. It may ask the Server
	// for something itself: that comes between the client's last request and this one.
	Before func()
	// Delay is waited before the request is executed, or until the client gives up.
	Delay time.Duration
	// Drop closes the connection.
	Drop Drop
	// Status answers with that HTTP status instead of executing the request, if not
	// zero.
	Status int
	// Body is the body of an answer with Status; the status's name by default.
	Body string
	// ContentType is that of Body; text/html by default, as proxies answer.
	ContentType string
	// RetryAfter is the Retry-After header of an answer with Status, in HTTP's
	// format, if not empty.
	RetryAfter string
	// Message answers with a GraphQL error for each root field instead of executing
	// the request, if not empty.
	Message string
	// Code is extensions.code of that error; INTERNAL_SERVER_ERROR by default.
	Code string
}

// Faults are the faults that a Server injects. Of several that match a request,
// the one added first applies.
type Faults struct {
	mu    sync.Mutex
	rules []*rule
}

type rule struct {
	fault Fault
	seen  int
	hits  int
}

// Add adds a fault. The returned function removes it and says how many requests
// it was applied to.
func (f *Faults) Add(fault Fault) (remove func() int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &rule{fault: fault}
	f.rules = append(f.rules, r)
	return func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.rules = slices.DeleteFunc(f.rules, func(other *rule) bool { return other == r })
		return r.hits
	}
}

// Clear removes all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// match returns the fault that applies to a request, and false if there is none.
func (f *Faults) match(operation string, fields []string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.fault.Field != "" && !slices.Contains(fields, r.fault.Field) {
			continue
		}
		if r.fault.Operation != "" && r.fault.Operation != operation {
			continue
		}
		r.seen++
		if r.seen <= r.fault.Skip || (r.fault.Times > 0 && r.hits >= r.fault.Times) {
			continue
		}
		r.hits++
		return r.fault, true
	}
	return Fault{}, false
}
