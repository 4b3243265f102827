package prefect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// A list that never ends, repeats itself, or is emptier than it says is an error after a bounded number of requests.
func TestListThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	const tenant = "00000000-0000-4000-8000-000000000001"
	project := func(id int64) string {
		return fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","tenant_id":%q,"name":"n%d","description":null,"created":"2026-01-01T00:00:00+00:00",`+
			`"updated":"2026-01-01T00:00:00+00:00","tenant":{"slug":"default"}}`, id, tenant, id)
	}
	cases := map[string]struct {
		// rows are those of the nth page.
		rows     func(n int64) string
		requests int64
		says     string
	}{
		"always another page": {func(n int64) string { return project(n) }, 2000, "did not end within 2000 pages"},
		"the same page":       {func(int64) string { return project(7) }, 2, "do not follow each other"},
		"an empty page":       {func(int64) string { return "" }, 1, "an empty page came although there are 9 more rows"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			client := newClient(t, prefect.Config{Endpoint: "http://prefect.example.com", Tenant: tenant, MaxRetries: -1, Transport: answering(func(asked string) string {
				if !strings.Contains(asked, "query Projects") {
					return `{"data":{"tenant":[{"id":"` + tenant + `","name":"Default","slug":"default","settings":{},"created":"2026-01-01T00:00:00+00:00",` +
						`"updated":"2026-01-01T00:00:00+00:00"}],"remaining":{"aggregate":{"count":1}}}}`
				}
				return `{"data":{"project":[` + c.rows(requests.Add(1)) + `],"remaining":{"aggregate":{"count":9}}}}`
			})})
			_, err := client.ListProjects(t.Context(), prefect.ProjectFilter{})
			if !errors.Is(err, prefect.ErrNotPrefect) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v", err)
			}
			if requests.Load() != c.requests {
				t.Errorf("%d requests, want %d", requests.Load(), c.requests)
			}
		})
	}
}

// An answer of more than 64 MiB is not read to its end.
func TestAnswerWithoutEnd(t *testing.T) {
	t.Parallel()
	body := &endless{}
	client := newClient(t, prefect.Config{Endpoint: "http://prefect.example.com", MaxRetries: -1, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body)}, nil
	})})
	err := client.Do(t.Context(), `query { hello }`, nil, nil)
	if !errors.Is(err, prefect.ErrNotPrefect) || !strings.Contains(err.Error(), "limit of 64 MiB") {
		t.Errorf("the error is %v", err)
	}
	if body.read > 65<<20 {
		t.Errorf("%d bytes were read", body.read)
	}
}

// endless is white space without end.
type endless struct{ read int64 }

func (e *endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = ' '
	}
	e.read += int64(len(into))
	return len(into), nil
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering answers each request by its query.
func answering(answer func(asked string) string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err //nolint:wrapcheck // of a test
		}
		var request struct{ Query string }
		if err := json.Unmarshal(asked, &request); err != nil {
			return nil, err //nolint:wrapcheck // of a test
		}
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer(request.Query))),
		}, nil
	})
}
