package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// APIServer is a Kubernetes API server of given or empty lists that misbehaves in one way.
type APIServer struct {
	*httptest.Server

	// WatchGone answers every watch with 410, in its status or in its stream.
	WatchGone, StreamGone bool
	// SameContinue ends every page with the same continue token, NextContinue with a new one each time.
	SameContinue, NextContinue bool
	// Items is the object of each list, as JSON that need not be valid, by resource: jobs, pods, events. $RUN stands for
	// the flow run whose objects the list selects. Log is what each container has written.
	Items map[string]string
	Log   string
	// RetryAfter answers every request with 429 and this header, in seconds.
	RetryAfter string

	requests atomic.Int64
	paths    sync.Map
}

// Asked reports whether there was a request for a path with this end.
func (s *APIServer) Asked(end string) bool {
	asked := false
	s.paths.Range(func(path, _ any) bool {
		asked = strings.HasSuffix(path.(string), end) //nolint:forcetypeassert,errcheck // only texts are stored
		return !asked
	})
	return asked
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
	s.paths.Store(in.URL.Path, true)
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
	case watching && s.Items != nil && in.URL.Query().Get("sendInitialEvents") == "true":
		s.streamItems(out, in)
	case watching && s.WatchGone:
		answer(http.StatusGone, gone)
	case watching && s.StreamGone:
		answer(http.StatusOK, map[string]any{"type": "ERROR", "object": gone})
	case watching:
		out.WriteHeader(http.StatusOK)
		out.(http.Flusher).Flush() //nolint:forcetypeassert,errcheck // of a test server
		<-in.Context().Done()
	case in.Method == http.MethodPost: // a dry run
		asked, _ := io.ReadAll(in.Body)
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(http.StatusCreated)
		_, _ = out.Write(asked)
	case strings.HasSuffix(in.URL.Path, "/log"):
		_, _ = io.WriteString(out, s.Log)
	default:
		kind, group, items := "List", "v1", "[]"
		for resource, name := range map[string]string{"jobs": "JobList", "pods": "PodList", "events": "EventList"} {
			if strings.HasSuffix(in.URL.Path, "/"+resource) {
				kind, items = name, "["+s.item(resource, in)+"]"
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
		out.Header().Set("Content-Type", "application/json")
		head, _ := json.Marshal(metadata) //nolint:errchkjson // a map of strings
		_, _ = fmt.Fprintf(out, `{"kind": %q, "apiVersion": %q, "metadata": %s, "items": %s}`, kind, group, head, items)
	}
}

// item is the object of a resource that a request selects.
func (s *APIServer) item(resource string, in *http.Request) string {
	_, run, _ := strings.Cut(in.URL.Query().Get("labelSelector"), "=")
	return strings.ReplaceAll(s.Items[resource], "$RUN", run)
}

// streamItems sends the objects of a watch that begins with them.
func (s *APIServer) streamItems(out http.ResponseWriter, in *http.Request) {
	kinds := map[string]string{"jobs": `"kind": "Job", "apiVersion": "batch/v1"`, "pods": `"kind": "Pod", "apiVersion": "v1"`, "events": `"kind": "Event", "apiVersion": "v1"`}
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(http.StatusOK)
	for resource, kind := range kinds {
		if !strings.HasSuffix(in.URL.Path, "/"+resource) {
			continue
		}
		if item := s.item(resource, in); item != "" {
			_, _ = fmt.Fprintf(out, `{"type": "ADDED", "object": {%s, %s}`+"\n", kind, strings.TrimPrefix(item, "{"))
		}
		_, _ = fmt.Fprintf(out, `{"type": "BOOKMARK", "object": {%s, "metadata": {"resourceVersion": "1", "annotations": {"k8s.io/initial-events-end": "true"}}}}`+"\n", kind)
	}
	out.(http.Flusher).Flush() //nolint:forcetypeassert,errcheck // of a test server
	<-in.Context().Done()
}
