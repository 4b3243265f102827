package chaos

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// APIServer is a Kubernetes API server of empty lists that misbehaves in one way.
type APIServer struct {
	*httptest.Server

	// WatchGone answers every watch with 410, in its status or in its stream.
	WatchGone, StreamGone bool
	// SameContinue ends every page with the same continue token, NextContinue with a new one each time.
	SameContinue, NextContinue bool
	// RetryAfter answers every request with 429 and this header, in seconds.
	RetryAfter string

	requests atomic.Int64
}

// NewAPIServer starts an API server that ends with the test. How it misbehaves is set by the function.
func NewAPIServer(t *testing.T, how func(*APIServer)) *APIServer {
	t.Helper()
	s := &APIServer{}
	how(s)
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// Requests returns the number of requests.
func (s *APIServer) Requests() int64 { return s.requests.Load() }

// ServeHTTP implements http.Handler.
func (s *APIServer) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	n := s.requests.Add(1)
	answer := func(status int, v any) {
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(status)
		_ = json.NewEncoder(out).Encode(v)
	}
	gone := map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": http.StatusGone, "message": "too old resource version"}
	watching := in.URL.Query().Get("watch") == "true" || in.URL.Query().Get("watch") == "1"
	switch {
	case s.RetryAfter != "":
		out.Header().Set("Retry-After", s.RetryAfter)
		answer(http.StatusTooManyRequests, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "TooManyRequests", "code": http.StatusTooManyRequests})
	case watching && s.WatchGone:
		answer(http.StatusGone, gone)
	case watching && s.StreamGone:
		answer(http.StatusOK, map[string]any{"type": "ERROR", "object": gone})
	case watching:
		out.WriteHeader(http.StatusOK)
		out.(http.Flusher).Flush() //nolint:forcetypeassert,errcheck // of a test server
		<-in.Context().Done()
	default:
		kind, group := "List", "v1"
		for resource, name := range map[string]string{"jobs": "JobList", "pods": "PodList", "events": "EventList"} {
			if strings.HasSuffix(in.URL.Path, "/"+resource) {
				kind = name
			}
		}
		if strings.HasPrefix(in.URL.Path, "/apis/batch/") {
			group = "batch/v1"
		}
		metadata := map[string]any{"resourceVersion": "1"}
		switch {
		case s.SameContinue:
			metadata["continue"] = "same"
		case s.NextContinue:
			metadata["continue"] = strconv.FormatInt(n, 10)
		}
		answer(http.StatusOK, map[string]any{"kind": kind, "apiVersion": group, "metadata": metadata, "items": []any{}})
	}
}
