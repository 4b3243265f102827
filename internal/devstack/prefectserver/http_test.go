package prefectserver_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// exchangeText sends a request and returns status, content type and body.
func exchangeText(t *testing.T, method, address, contentType, body string) (int, string, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	return response.StatusCode, kind, strings.TrimSpace(string(raw))
}

// notAnObject is the gateway's answer to variables that are no object.
const notAnObject = `{"errors":[{"message":"Variables must be provided as an Object where each property is a variable value. ` +
	`Perhaps look to see if an unparsed JSON string was provided.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`

func TestHTTP(t *testing.T) {
	t.Parallel()
	const hello = `{"data":{"hello":"👋"}}`
	_, address := newServer(t, prefectserver.Options{BodyLimit: 1 << 20})
	get := func(query string) string { return "/?query=" + url.QueryEscape(query) }
	cases := map[string]struct {
		method, path, contentType, body string
		status                          int
		kind, want                      string // want is a prefix
	}{
		"POST":                    {"POST", "/", "application/json", `{"query": "{ hello }"}`, 200, "application/json", hello},
		"POST to /graphql":        {"POST", "/graphql", "application/json; charset=utf-8", `{"query": "{ hello }"}`, 200, "application/json", hello},
		"batch":                   {"POST", "/", "application/json", `[{"query": "{ hello }"}, {"query": "{ hello }"}]`, 200, "application/json", "[" + hello + "," + hello + "]"},
		"variables as text":       {"POST", "/", "application/json", `{"query": "query($n: Int) { project(limit: $n) { id } }", "variables": "{\"n\": 1}"}`, 200, "application/json", `{"data":{"project":[]}}`},
		"variables as empty text": {"POST", "/", "application/json", `{"query": "{ hello }", "variables": ""}`, 400, "application/json", notAnObject},
		"variables as number":     {"POST", "/", "application/json", `{"query": "{ hello }", "variables": 5}`, 400, "application/json", notAnObject},
		"variables as list":       {"POST", "/", "application/json", `{"query": "{ hello }", "variables": "[]"}`, 200, "application/json", hello},
		"byte order mark":         {"POST", "/", "application/json", "\xef\xbb\xbf{\"query\": \"{ hello }\"}", 200, "application/json", hello},
		"empty batch":             {"POST", "/", "application/json", `[]`, 500, "text/html", "POST body missing."},
		"variables not JSON":      {"POST", "/", "application/json", `{"query": "{ hello }", "variables": "{"}`, 400, "text/html", "Variables are invalid JSON."},
		"null variables":          {"POST", "/", "application/json", `{"query": "{ hello }", "variables": null, "operationName": null}`, 200, "application/json", hello},
		"no query":                {"POST", "/", "application/json", `{"variables": {}}`, 400, "text/html", "Must provide query string."},
		"query not text":          {"POST", "/", "application/json", `{"query": 5}`, 400, "text/html", "GraphQL queries must be strings."},
		"empty body":              {"POST", "/", "application/json", ``, 500, "text/html", "POST body missing."},
		"empty object":            {"POST", "/", "application/json", `{}`, 500, "text/html", "POST body missing."},
		"other content type":      {"POST", "/", "text/plain", `{"query": "{ hello }"}`, 500, "text/html", "POST body missing."},
		"not JSON":                {"POST", "/", "application/json", `nope`, 400, "text/html", "<!DOCTYPE html>"},
		"too large":               {"POST", "/", "application/json", `{"query": "` + strings.Repeat(" ", 1<<20) + `"}`, 413, "text/html", "<!DOCTYPE html>"},
		"does not validate":       {"POST", "/", "application/json", `{"query": "{ nope }"}`, 400, "application/json", `{"errors":[{"message":"Cannot query field \"nope\" on type \"Query\"."`},
		"GET":                     {"GET", get("{ hello }"), "", "", 200, "application/json", hello},
		"GET variables":           {"GET", get("query($n: Int) { project(limit: $n) { id } }") + "&variables=" + url.QueryEscape(`{"n": 1}`), "", "", 200, "application/json", `{"data":{"project":[]}}`},
		"GET mutation":            {"GET", get("mutation { __typename }"), "", "", 405, "text/html", "GET supports only query operation"},
		"GET without query":       {"GET", "/", "", "", 400, "text/html", "GET query missing."},
		"GET empty query":         {"GET", "/?query=", "", "", 400, "text/html", "Must provide query string."},
		"two slashes":             {"POST", "//graphql", "application/json", `{"query": "{ hello }"}`, 200, "application/json", hello},
		"charset not of Unicode":  {"POST", "/", "application/json; charset=latin1", `{"query": "{ hello }"}`, 415, "text/html", "<!DOCTYPE html>"},
		"health":                  {"GET", "/.well-known/apollo/server-health", "", "", 200, "application/health+json", `{"status":"pass"}`},
		"PUT":                     {"PUT", "/", "application/json", "{}", 405, "text/html", "Apollo Server supports only GET/POST requests."},
		"OPTIONS":                 {"OPTIONS", "/", "", "", 204, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, kind, body := exchangeText(t, c.method, address+c.path, c.contentType, c.body)
			if status != c.status || kind != c.kind || !strings.HasPrefix(body, c.want) {
				t.Errorf("got %d %s %.200s, want %d %s %s", status, kind, body, c.status, c.kind, c.want)
			}
		})
	}
}

func TestBrowserGetsAPage(t *testing.T) {
	t.Parallel()
	_, address := newServer(t, prefectserver.Options{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html,*/*")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	server, address := newServer(t, prefectserver.Options{})
	send(t, address, []byte(`{"query": "query Both { hello api { backend } }"}`))
	send(t, address, []byte(`{"query": "mutation { delete_project(input: {project_id: \"nope\"}) { success } }", "variables": "{}"}`))
	records := server.Requests()
	if len(records) != 2 {
		t.Fatalf("%d records", len(records))
	}
	first, second := records[0], records[1]
	if diff := cmp.Diff([]string{"hello", "api"}, first.RootFields); diff != "" || first.Operation != "Both" || first.Mutation || first.Status != 200 {
		t.Errorf("first: %+v", first)
	}
	if !second.Mutation || !second.Encoded || len(second.Errors) != 1 || second.Bytes == 0 {
		t.Errorf("second: %+v", second)
	}
	if n := server.CountRequests("hello"); n != 1 {
		t.Errorf("%d requests for hello", n)
	}
	server.ResetRequests()
	if len(server.Requests()) != 0 {
		t.Error("the log was not reset")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const create = `{"query": "mutation { create_tenant(input: {name: \"n\", slug: \"s\"}) { id } }"}`
	const read = `{"query": "{ tenant { slug } }"}`
	post := func(address, body string) (int, string, http.Header, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			return 0, "", nil, err
		}
		request.Header.Set("Content-Type", "application/json")
		request.Close = true
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, "", nil, err
		}
		defer func() { _ = response.Body.Close() }()
		raw, err := io.ReadAll(response.Body)
		return response.StatusCode, string(raw), response.Header, err
	}
	t.Run("status", func(t *testing.T) {
		t.Parallel()
		server, address := newServer(t, prefectserver.Options{})
		remove := server.Faults().Add(prefectserver.Fault{Field: "tenant", Status: 503, RetryAfter: "7", Skip: 1, Times: 1})
		statuses := make([]int, 0, 3)
		for range 3 {
			status, _, header, err := post(address, read)
			if err != nil {
				t.Fatal(err)
			}
			if status == 503 && header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After %q", header.Get("Retry-After"))
			}
			statuses = append(statuses, status)
		}
		if diff := cmp.Diff([]int{200, 503, 200}, statuses); diff != "" || remove() != 1 {
			t.Error(diff)
		}
	})
	t.Run("other fields pass", func(t *testing.T) {
		t.Parallel()
		server, address := newServer(t, prefectserver.Options{})
		server.Faults().Add(prefectserver.Fault{Field: "create_tenant", Status: 500})
		if status, _, _, err := post(address, read); err != nil || status != 200 {
			t.Error(status, err)
		}
		server.Faults().Clear()
		if status, _, _, err := post(address, create); err != nil || status != 200 {
			t.Error(status, err)
		}
	})
	for name, c := range map[string]struct {
		drop prefectserver.Drop
		want string
	}{
		"dropped before": {prefectserver.DropBefore, `{"data":{"tenant":[]}}`},
		"dropped after":  {prefectserver.DropAfter, `{"data":{"tenant":[{"slug":"s"}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, address := newServer(t, prefectserver.Options{})
			server.Faults().Add(prefectserver.Fault{Field: "create_tenant", Drop: c.drop, Times: 1})
			if status, body, _, err := post(address, create); err == nil {
				t.Errorf("answered %d %s", status, body)
			}
			if _, body, _, err := post(address, read); err != nil || strings.TrimSpace(body) != c.want {
				t.Errorf("%s %v, want %s", body, err, c.want)
			}
		})
	}
	t.Run("GraphQL error", func(t *testing.T) {
		t.Parallel()
		server, address := newServer(t, prefectserver.Options{})
		server.Faults().Add(prefectserver.Fault{Message: "Unable to complete operation.", Code: "API_ERROR"})
		const want = `{"errors":[{"message":"Unable to complete operation.","path":["create_tenant"],"extensions":{"code":"API_ERROR"}}],` +
			`"data":{"create_tenant":null}}`
		if status, body, _, err := post(address, create); err != nil || status != 200 || strings.TrimSpace(body) != want {
			t.Errorf("%d %s %v", status, body, err)
		}
	})
	t.Run("delay until the client gives up", func(t *testing.T) {
		t.Parallel()
		server, address := newServer(t, prefectserver.Options{})
		server.Faults().Add(prefectserver.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(create))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// TestServe checks that a Server stops with its context, after the requests in
// flight.
func TestServe(t *testing.T) {
	t.Parallel()
	inFlight, held := make(chan struct{}), make(chan struct{})
	server, err := prefectserver.New(prefectserver.Options{
		Clock: func() time.Time { // every transaction asks for the time
			close(inFlight)
			<-held
			return time.Now()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	answered := make(chan int, 1)
	go func() {
		status, _ := send(t, "http://"+listener.Addr().String(), []byte(`{"query": "{ tenant { id } }"}`))
		answered <- status
	}()
	<-inFlight
	stop()
	close(held)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("request in flight: %d", status)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.DialTimeout("tcp", listener.Addr().String(), time.Second); err == nil {
		t.Error("the port is still open")
	}
}
