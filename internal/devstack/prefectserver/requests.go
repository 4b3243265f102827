package prefectserver

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// RequestRecord is what the Server remembers of a request for GraphQL.
type RequestRecord struct {
	Time       time.Time     // when it arrived
	Duration   time.Duration // until it was answered
	Operation  string        // the operation's name, empty if anonymous
	RootFields []string      // empty if the query did not parse
	Mutation   bool
	Status     int      // 0 if the connection was dropped
	Errors     []string // messages of the answer
	Header     http.Header
	Bytes      int  // size of the body
	Encoded    bool // variables came as a JSON string
}

// maxRecords bounds the log: the oldest records go first.
const maxRecords = 10_000

type requestLog struct {
	mu      sync.Mutex
	records []RequestRecord
}

func (l *requestLog) add(r RequestRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.records) >= maxRecords {
		l.records = slices.Delete(l.records, 0, maxRecords/2)
	}
	l.records = append(l.records, r)
}

// Requests returns the requests answered since the start or the last
// ResetRequests, oldest first, at most the last several thousand.
func (s *Server) Requests() []RequestRecord {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	return slices.Clone(s.requests.records)
}

// CountRequests returns how many of the requests asked for a root field.
func (s *Server) CountRequests(field string) int {
	count := 0
	for _, r := range s.Requests() {
		if slices.Contains(r.RootFields, field) {
			count++
		}
	}
	return count
}

// ResetRequests forgets the requests so far.
func (s *Server) ResetRequests() {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	s.requests.records = nil
}
