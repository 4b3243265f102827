package scale

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// server returns a Server with a tenant of its own, behind a proxy that counts; see counting.
func (b *bench) server() *acctest.PrefectServer {
	b.t.Helper()
	return b.counted(acctest.ServerWith(b.t, prefectserver.Options{}))
}

// counted returns a Server behind a proxy that counts requests, so that they are counted alike whichever Server it is.
// Its Client passes the proxy by.
func (b *bench) counted(server *acctest.PrefectServer) *acctest.PrefectServer {
	b.t.Helper()
	target, err := url.Parse(server.API)
	if err != nil {
		b.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, ""
		},
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 100, ForceAttemptHTTP2: true},
	}
	requests := new(atomic.Int64)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // which all of GraphQL is
			requests.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	b.t.Cleanup(front.Close)
	behind := *server
	behind.API = front.URL + target.Path
	if b.requests == nil {
		b.requests = map[string]*atomic.Int64{}
	}
	b.requests[behind.API] = requests
	return &behind
}

// counting counts the requests from now on to a Server of [bench.counted].
func (b *bench) counting(server *acctest.PrefectServer) func() int {
	b.t.Helper()
	requests, ok := b.requests[server.API]
	if !ok {
		b.t.Fatalf("the requests to %s are not counted", server.API)
	}
	before := requests.Load()
	return func() int { return int(requests.Load() - before) }
}

// TestProxyCountsWhatTheServerCounts compares the proxy's count with that of the embedded Server.
func TestProxyCountsWhatTheServerCounts(t *testing.T) {
	t.Parallel()
	b := &bench{t: t}
	server := b.counted(acctest.Embedded(t, prefectserver.Options{}))
	through, err := prefect.New(prefect.Config{Endpoint: server.API, Tenant: server.TenantID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := through.CreateProject(t.Context(), "before", nil); err != nil {
		t.Fatal(err)
	}
	server.Server.ResetRequests()
	count := b.counting(server)
	for _, name := range []string{"one", "two"} {
		if _, err := through.CreateProject(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := count(), len(server.Server.Requests()); got != want || got < 2 {
		t.Errorf("the proxy has counted %d requests, the Server %d", got, want)
	}
}
