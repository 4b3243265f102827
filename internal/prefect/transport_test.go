package prefect_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

const (
	aQuery = `query { tenant { id } }`
	// noTenants answers aQuery, and the question whether the Server is ready.
	noTenants = `{"data":{"tenant":[],"api":{"version":null}}}`
	aMutation = `mutation { create_tenant(input: {name: "a", slug: "a"}) { id } }`
)

// respond answers every request in the same way and counts them.
func respond(t *testing.T, status int, contentType, body string, header ...string) (string, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})), &n
}

func graphQLError(message, code string) string {
	return fmt.Sprintf(`{"data":null,"errors":[{"message":%q,"path":["x"],"extensions":{"code":%q}}]}`, message, code)
}

func TestAnswersThatAreErrors(t *testing.T) {
	t.Parallel()
	const jsonType, htmlType = "application/json", "text/html"
	type want struct {
		kind error
		// queries and mutations are how often each is sent, with two retries allowed.
		queries, mutations int64
		says               string
	}
	for name, c := range map[string]struct {
		status     int
		kind, body string
		header     []string
		want       want
	}{
		"UI on GET-like answer":    {200, htmlType, "<!DOCTYPE html><title>Prefect</title>", nil, want{prefect.ErrNotPrefect, 1, 1, "UI"}},
		"UI's web server":          {405, htmlType, "<html>405 Not Allowed nginx</html>", nil, want{prefect.ErrNotPrefect, 1, 1, "8080"}},
		"wrong path":               {404, htmlType, "<pre>Cannot POST /x</pre>", nil, want{prefect.ErrNotPrefect, 1, 1, "404"}},
		"Prefect 2":                {404, jsonType, `{"detail":"Not Found"}`, nil, want{prefect.ErrNotPrefect, 1, 1, "not GraphQL"}},
		"static web server":        {501, htmlType, "<h1>Error response</h1><p>Unsupported method ('POST').", nil, want{prefect.ErrNotPrefect, 1, 1, "does not accept POST"}},
		"static server, silent":    {501, jsonType, "", nil, want{prefect.ErrNotPrefect, 1, 1, "static web server"}},
		"Hasura, at its root":      {404, jsonType, `{"path": "$", "error": "resource does not exist", "code": "not-found"}`, nil, want{prefect.ErrNotPrefect, 1, 1, "not GraphQL"}},
		"Hasura, asked directly":   {200, jsonType, hasuraError("field 'hello' not found in type: 'query_root'"), nil, want{prefect.ErrNotPrefect, 1, 1, "query_root"}},
		"Hasura, told directly":    {200, jsonType, hasuraError("field 'create_tenant' not found in type: 'mutation_root'"), nil, want{prefect.ErrNotPrefect, 1, 1, "mutation_root"}},
		"Hasura without rights":    {200, jsonType, hasuraError("no mutations exist"), nil, want{prefect.ErrNotPrefect, 1, 1, "no mutations exist"}},
		"empty":                    {200, jsonType, "", nil, want{prefect.ErrNotPrefect, 1, 1, "empty"}},
		"half an answer":           {200, jsonType, `{"data": {"ten`, nil, want{prefect.ErrNotPrefect, 1, 1, ""}},
		"login page":               {302, htmlType, "<a>", []string{"Location", "https://login.example/?secret=x"}, want{prefect.ErrNotPrefect, 1, 1, "https://login.example/"}},
		"unauthorized":             {401, htmlType, "<html>", []string{"WWW-Authenticate", `Basic realm="x"`}, want{prefect.ErrUnauthorized, 1, 1, `Basic realm`}},
		"forbidden":                {403, jsonType, "{}", nil, want{prefect.ErrUnauthorized, 1, 1, "403"}},
		"too large":                {413, htmlType, "<html>", nil, want{prefect.ErrTooLarge, 1, 1, "413"}},
		"bad gateway":              {502, htmlType, "<html>", nil, want{prefect.ErrUnavailable, 3, 1, "502"}},
		"unavailable":              {503, htmlType, "<html>", nil, want{prefect.ErrUnavailable, 3, 1, "503"}},
		"too many":                 {429, htmlType, "", nil, want{prefect.ErrUnavailable, 3, 3, "429"}},
		"asks for a long wait":     {503, htmlType, "", []string{"Retry-After", "86400"}, want{prefect.ErrUnavailable, 1, 1, "503"}},
		"breaks inside":            {500, htmlType, "<html>", nil, want{prefect.ErrInternal, 3, 1, "500"}},
		"breaks inside, politely":  {500, jsonType, graphQLError("something", "X"), nil, want{prefect.ErrInternal, 3, 1, "something"}},
		"API error":                {200, jsonType, graphQLError("An internal API error occurred.", "API_ERROR"), nil, want{prefect.ErrInternal, 3, 1, ""}},
		"API error by its text":    {200, jsonType, graphQLError("Unable to complete operation. An internal API error occurred.", "INTERNAL_SERVER_ERROR"), nil, want{prefect.ErrInternal, 3, 1, ""}},
		"database away":            {200, jsonType, graphQLError("Unable to connect to postgres.", "X"), nil, want{prefect.ErrUnavailable, 3, 1, "postgres"}},
		"service away":             {200, jsonType, graphQLError("request to http://graphql failed, reason: connect ECONNREFUSED", "X"), nil, want{prefect.ErrUnavailable, 3, 3, ""}},
		"unique":                   {200, jsonType, graphQLError("Uniqueness violation.", "X"), nil, want{prefect.ErrUniqueness, 1, 1, ""}},
		"foreign key":              {200, jsonType, graphQLError("Foreign key violation.", "X"), nil, want{prefect.ErrForeignKey, 1, 1, ""}},
		"missing parameter":        {200, jsonType, graphQLError("Required parameters were not supplied: {'p'}", "X"), nil, want{prefect.ErrInvalid, 1, 1, "{'p'}"}},
		"invalid document":         {400, jsonType, graphQLError("Expected type Int", "GRAPHQL_VALIDATION_FAILED"), nil, want{prefect.ErrInvalid, 1, 1, "Expected type"}},
		"another GraphQL service":  {400, jsonType, graphQLError(`Cannot query field "tenant" on type "Query".`, "GRAPHQL_VALIDATION_FAILED"), nil, want{prefect.ErrNotPrefect, 1, 1, "4200"}},
		"gateway that wants login": {200, jsonType, graphQLError("no", "UNAUTHENTICATED"), nil, want{prefect.ErrUnauthorized, 1, 1, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for document, times := range map[string]int64{aQuery: c.want.queries, aMutation: c.want.mutations} {
				url, n := respond(t, c.status, c.kind, c.body, c.header...)
				client := newClient(t, prefect.Config{Endpoint: url, MaxRetries: 2, Sleep: noSleep})
				err := client.Do(t.Context(), document, nil, nil)
				var e *prefect.Error
				if !errors.As(err, &e) || !errors.Is(err, c.want.kind) {
					t.Fatalf("error %v, want %v", err, c.want.kind)
				}
				if !strings.Contains(err.Error(), c.want.says) || !strings.Contains(err.Error(), url) || strings.Contains(err.Error(), "secret") {
					t.Errorf("message: %s", err)
				}
				if e.Status != c.status {
					t.Errorf("status %d", e.Status)
				}
				if got := n.Load(); got != times {
					t.Errorf("%s: sent %d times, want %d", document, got, times)
				}
			}
		})
	}
}

// hasuraError is an error as Hasura answers when it is asked without the Server in front of it.
func hasuraError(message string) string {
	return fmt.Sprintf(`{"errors": [{"message": %q, "extensions": {"path": "$.selectionSet", "code": "validation-failed"}}]}`, message)
}

func TestNetworkFailures(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = silent()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := serve(t, http.NotFoundHandler())
	stubborn := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // else the end of the connection is not noticed
		<-r.Context().Done()
	}))
	garbage := rawServer(t, "SSH-2.0-OpenSSH_9\r\n")
	for name, c := range map[string]struct {
		endpoint string
		kind     error
		says     string
		attempts int
	}{
		"refused":              {closed.URL, prefect.ErrUnreachable, "connection refused", 2},
		"unknown host":         {"http://prefect.invalid:4200", prefect.ErrUnreachable, "prefect.invalid", 1},
		"certificate":          {secure.URL, prefect.ErrUnreachable, "not trusted", 1},
		"https to a http port": {strings.Replace(plain, "http:", "https:", 1), prefect.ErrUnreachable, "try http", 1},
		"no answer":            {stubborn, prefect.ErrUnreachable, "no answer within 50ms", 2},
		"not even HTTP":        {garbage, prefect.ErrNotPrefect, "does not speak HTTP", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &eventLog{}
			timeout := 10 * time.Second
			if name == "no answer" {
				timeout = 50 * time.Millisecond
			}
			client := newClient(t, prefect.Config{
				Endpoint: c.endpoint, MaxRetries: 1, Sleep: noSleep, RequestTimeout: timeout, Logger: log.add,
			})
			err := client.Do(t.Context(), aQuery, nil, nil)
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error: %v", err)
			}
			if n := len(log.all()); n < 1 || (name != "unknown host" && n != c.attempts) {
				t.Errorf("%d attempts, want %d", n, c.attempts)
			}
		})
	}
}

// rawServer answers the first bytes of every connection with the same text.
func rawServer(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// A connection that breaks: a query is repeated, a mutation whose effect is unknown is not.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	url := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n.Add(1)
		_, _ = io.ReadAll(r.Body)
		panic(http.ErrAbortHandler)
	}))
	client := newClient(t, prefect.Config{Endpoint: url, MaxRetries: 2, Sleep: noSleep})
	if err := client.Do(t.Context(), aQuery, nil, nil); !errors.Is(err, prefect.ErrUnreachable) || n.Swap(0) != 3 {
		t.Errorf("query: %v", err)
	}
	err := client.Do(t.Context(), aMutation, nil, nil)
	var e *prefect.Error
	if !errors.As(err, &e) || !e.Ambiguous || n.Swap(0) != 1 || !strings.Contains(err.Error(), "may still have executed") {
		t.Errorf("mutation: %v", err)
	}
	keyed := map[string]any{"input": map[string]any{"idempotency_key": "k"}}
	document := `mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }`
	if err := client.Do(t.Context(), document, keyed, nil); err == nil || n.Swap(0) != 3 {
		t.Errorf("keyed mutation: %v", err)
	}
	if err := client.Do(t.Context(), document, map[string]any{"input": map[string]any{}}, nil); err == nil || n.Swap(0) != 1 {
		t.Errorf("mutation without key: %v", err)
	}
	// A transport that reports nothing is not taken as proof that nothing was sent.
	opaque := newClient(t, prefect.Config{Endpoint: url, MaxRetries: 2, Sleep: noSleep, Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		n.Add(1)
		return nil, errors.New("gone")
	})})
	if err := opaque.Do(t.Context(), aMutation, nil, nil); err == nil || n.Swap(0) != 1 {
		t.Errorf("opaque transport: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRetriesWaitAndEnd(t *testing.T) {
	t.Parallel()
	answers := []func(http.ResponseWriter){
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		func(w http.ResponseWriter) {
			now := time.Now().UTC()
			w.Header().Set("Date", now.Format(http.TimeFormat))
			w.Header().Set("Retry-After", now.Add(9*time.Second).Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		},
		func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"data":{"tenant":[{"settings":12345678901234567890}]}}`)
		},
	}
	var n atomic.Int64
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answers[n.Add(1)-1](w) }))
	var waits []time.Duration
	log := &eventLog{}
	client := newClient(t, prefect.Config{Endpoint: url, Logger: log.add, Sleep: func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}})
	var out map[string]any
	check(t, client.Do(t.Context(), `query { tenant { settings } }`, nil, &out))
	if got, _ := json.Marshal(out); string(got) != `{"tenant":[{"settings":12345678901234567890}]}` {
		t.Errorf("numbers must stay exact: %s", got)
	}
	if len(waits) != 3 || waits[0] < 125*time.Millisecond || waits[0] > 250*time.Millisecond || waits[1] != 7*time.Second || waits[2] != 9*time.Second {
		t.Errorf("waits %v", waits)
	}
	events := log.all()
	if len(events) != 4 || events[0].Status != 502 || events[0].RetryReason == "" || events[1].RetryIn != 7*time.Second ||
		events[3].Err != nil || events[3].RetryReason != "" || events[3].Attempt != 4 || events[3].Operation != "tenant" {
		t.Errorf("events %+v", events)
	}
}

func TestCancellationIsImmediate(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	url := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // else the end of the connection is not noticed
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	client := newClient(t, prefect.Config{Endpoint: url})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	err := client.Do(ctx, aMutation, nil, nil)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "may still have executed") {
		t.Errorf("in flight: %v", err)
	}
	// While waiting for a retry.
	unavailable, _ := respond(t, http.StatusServiceUnavailable, "text/plain", "", "Retry-After", "50")
	ctx, cancel = context.WithCancel(t.Context())
	client = newClient(t, prefect.Config{Endpoint: unavailable, Logger: func(context.Context, prefect.Event) { cancel() }})
	if err := client.Do(ctx, aQuery, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("while waiting: %v", err)
	}
}

// request is what a Server was sent.
type request struct {
	header http.Header
	body   struct {
		Query         string
		OperationName string
		Variables     any
	}
}

// recorder answers like a Server with no rows and keeps the last request.
func recorder(t *testing.T) (string, func() request) {
	t.Helper()
	var mu sync.Mutex
	var last request
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		last = request{header: r.Header}
		if err := json.NewDecoder(r.Body).Decode(&last.body); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, noTenants)
	}))
	return url, func() request {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

func TestRequestForm(t *testing.T) {
	t.Parallel()
	url, last := recorder(t)
	variables := map[string]any{"n": "a<b"}
	tenant := "11111111-2222-4333-8444-555555555555"
	check(t, newClient(t, prefect.Config{Endpoint: url + "/graphql/", APIKey: "key-of-mine", Tenant: tenant}).
		Do(t.Context(), `query Named($n: String) { tenant(where: {slug: {_eq: $n}}) { id } }`, variables, nil))
	r := last()
	if r.header.Get("Authorization") != "Bearer key-of-mine" || r.header.Get("X-Prefect-Tenant-Id") != tenant ||
		r.body.OperationName != "Named" || fmt.Sprint(r.body.Variables) != "map[n:a<b]" {
		t.Errorf("request %+v", r)
	}
	check(t, newClient(t, prefect.Config{Endpoint: url, Encoding: prefect.VariablesAsString, Headers: map[string]string{"X-Gate": "open"}}).
		Do(t.Context(), aQuery, variables, nil))
	r = last()
	if r.body.Variables != `{"n":"a<b"}` || r.header.Get("X-Gate") != "open" || r.header.Get("Authorization") != "" || r.body.OperationName != "" {
		t.Errorf("request %+v", r)
	}
	withUser := strings.Replace(url, "http://", "http://me:pass%40word@", 1)
	client := newClient(t, prefect.Config{Endpoint: withUser})
	check(t, client.Do(t.Context(), aQuery, nil, nil))
	fake := http.Request{Header: last().header}
	if user, password, ok := fake.BasicAuth(); !ok || user != "me" || password != "pass@word" {
		t.Errorf("basic auth %s %s", user, password)
	}
	if client.Endpoint() != url {
		t.Errorf("endpoint %s", client.Endpoint())
	}
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	for name, cfg := range map[string]prefect.Config{
		"api key":    {APIKey: secret},
		"basic auth": {BasicAuth: &prefect.BasicAuth{Username: "u", Password: secret}},
		"header":     {Headers: map[string]string{"X-Token": secret}},
	} {
		url, _ := respond(t, 200, "application/json", graphQLError("you sent "+secret, "X"), "WWW-Authenticate", secret)
		log := &eventLog{}
		cfg.Endpoint, cfg.Sleep, cfg.Logger = url, noSleep, log.add
		err := newClient(t, cfg).Do(t.Context(), aQuery, nil, nil)
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "***") {
			t.Errorf("%s: %v", name, err)
		}
		for _, e := range log.all() {
			if strings.Contains(fmt.Sprintf("%+v %v", e, e.Err), secret) {
				t.Errorf("%s: logged %+v", name, e)
			}
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	target, _ := recorder(t)
	redirect := func(to string, status int) string {
		return serve(t, http.RedirectHandler(to, status))
	}
	cfg := prefect.Config{Sleep: noSleep, Headers: map[string]string{"X-Token": "token"}}
	var token atomic.Value
	cfg.Endpoint = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/graphql" {
			http.Redirect(w, r, "/graphql", http.StatusPermanentRedirect)
			return
		}
		token.Store(r.Header.Get("X-Token"))
		_, _ = io.WriteString(w, noTenants)
	}))
	check(t, newClient(t, cfg).Do(t.Context(), aQuery, nil, nil))
	if token.Load() != "token" {
		t.Error("the header was lost on the same host")
	}
	cfg.Endpoint = redirect(target+"/graphql", http.StatusPermanentRedirect)
	if err := newClient(t, cfg).Do(t.Context(), aQuery, nil, nil); !errors.Is(err, prefect.ErrNotPrefect) {
		t.Errorf("another port: %v", err)
	}
	cfg.Endpoint = redirect(strings.Replace(target, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
	if err := newClient(t, cfg).Do(t.Context(), aQuery, nil, nil); !errors.Is(err, prefect.ErrNotPrefect) {
		t.Errorf("another host: %v", err)
	}
	cfg.Endpoint = redirect(target, http.StatusFound)
	if err := newClient(t, cfg).Do(t.Context(), aQuery, nil, nil); !errors.Is(err, prefect.ErrNotPrefect) {
		t.Errorf("changes the method: %v", err)
	}
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, noTenants)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = silent()
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	cert, key := selfSigned(t)
	cfg := prefect.Config{Endpoint: server.URL, CACertificate: ca, Sleep: noSleep}

	err := newClient(t, cfg).Do(t.Context(), aMutation, nil, nil)
	var e *prefect.Error
	if !errors.As(err, &e) || !errors.Is(err, prefect.ErrUnauthorized) || e.Ambiguous {
		t.Errorf("without certificate: %v", err)
	}
	cfg.ClientCertificate, cfg.ClientKey = cert, key
	check(t, newClient(t, cfg).Do(t.Context(), aQuery, nil, nil))
	cfg.CACertificate, cfg.Insecure = "", true
	check(t, newClient(t, cfg).Do(t.Context(), aQuery, nil, nil))
}

// TestCertificateOfHome finds a file below the home directory.
func TestCertificateOfHome(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	ca, _ := selfSigned(t)
	check(t, os.WriteFile(filepath.Join(home, "ca.pem"), []byte(ca), 0o600))
	newClient(t, prefect.Config{CACertificate: "~/ca.pem"})
	if _, err := prefect.New(prefect.Config{Endpoint: "http://localhost:4200", CACertificate: "~/none.pem"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another file: %v", err)
	}
}

// TestProxy sends everything through a proxy that wants a password, which no error shows.
func TestProxy(t *testing.T) {
	t.Parallel()
	const password = "s3cr3t-value"
	var asked []string
	proxy := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host)
		fake := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
		if _, given, _ := fake.BasicAuth(); given != password {
			http.Error(w, "not "+given, http.StatusProxyAuthRequired)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, noTenants)
	}))
	through := func(secret string) prefect.Config {
		return prefect.Config{
			Endpoint: "http://prefect.invalid:4200", Sleep: noSleep, ProxyURL: strings.Replace(proxy, "http://", "http://me:"+secret+"@", 1),
		}
	}
	check(t, newClient(t, through(password)).Do(t.Context(), aQuery, nil, nil))
	if len(asked) != 1 || asked[0] != "prefect.invalid:4200" {
		t.Errorf("the proxy was asked for %v", asked)
	}
	err := newClient(t, through(password+"-no-more")).Do(t.Context(), aQuery, nil, nil)
	if err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("refused by the proxy: %v", err)
	}
}

func TestWrongConfigurations(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]prefect.Config{
		"no scheme":           {Endpoint: "localhost:4200"},
		"strange scheme":      {Endpoint: "ftp://localhost"},
		"no host":             {Endpoint: "http://"},
		"query":               {Endpoint: "http://localhost?x=s3cr3t"},
		"not a URL":           {Endpoint: "http://u:s3cr3t@[::1"},
		"two authentications": {Endpoint: "http://u:s3cr3t@localhost", APIKey: "k"},
		"half a certificate":  {ClientCertificate: "x"},
		"no PEM":              {CACertificate: "-----BEGIN CERTIFICATE-----\nnope"},
		"no file":             {CACertificate: "/does/not/exist"},
		"neither":             {CACertificate: "a\nb"},
		"proxy":               {ProxyURL: "gopher://u:s3cr3t@x"},
		"negative timeout":    {RequestTimeout: -1},
	} {
		_, err := prefect.New(cfg)
		if !errors.Is(err, prefect.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "u:s3cr3t") {
			t.Errorf("%s tells the password: %v", name, err)
		}
	}
}

func TestDocumentsOfTheCaller(t *testing.T) {
	t.Parallel()
	client := newClient(t, prefect.Config{})
	for _, document := range []string{"", "{", "query A { a } query B { b }", "query { ...F } fragment F on Query { a }"} {
		if err := client.Do(t.Context(), document, nil, nil); !errors.Is(err, prefect.ErrInvalid) {
			t.Errorf("%q: %v", document, err)
		}
	}
}
