package transport

import (
	"net/http"
	"sync"
	"time"
)

// serverClock estimates the Server's clock from the Date of its answers.
type serverClock struct {
	mu     sync.Mutex
	offset time.Duration
}

// observe updates the estimate from an answer that came between the two times.
func (s *serverClock) observe(header http.Header, started, ended time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = date.Sub(started.Add(ended.Sub(started) / 2))
}

// at converts a time of this machine's clock to the Server's, exact to about a second.
func (s *serverClock) at(t time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return t.Add(s.offset)
}
