package chaos_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func TestMain(m *testing.M) {
	acctest.Relay()
	os.Exit(m.Run())
}

// An answer replaces the Server's own, which it is given.
type answer func(w http.ResponseWriter, own []byte)

func text(body string) answer {
	return func(w http.ResponseWriter, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

// raw writes bytes that need not be HTTP and closes the connection.
func raw(of func(own []byte) []byte) answer {
	return func(w http.ResponseWriter, own []byte) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = connection.Write(of(own))
		_ = connection.Close()
	}
}

func answers() map[string]answer {
	return map[string]answer{
		"truncated":  func(w http.ResponseWriter, own []byte) { _, _ = w.Write(own[:len(own)/2]) },
		"empty":      text(""),
		"no content": func(w http.ResponseWriter, _ []byte) { w.WriteHeader(http.StatusNoContent) },
		"HTML":       text("<!DOCTYPE html><title>Welcome</title>"),
		"list":       text("[]"),
		"doubled":    func(w http.ResponseWriter, own []byte) { _, _ = w.Write(append(own, own...)) },
		"null data":  text(`{"data":null}`),
		"no data":    text(`{"data":{}}`),
		"wrong types": func(w http.ResponseWriter, own []byte) {
			_, _ = w.Write(bytes.ReplaceAll(own, []byte(`"id":"`), []byte(`"id":7,"x":"`)))
		},
		"invalid text": func(w http.ResponseWriter, own []byte) {
			_, _ = w.Write(bytes.Replace(own, []byte(`:"`), []byte(":\"\xff"), 1))
		},
		"not found": text(`{"errors":[{"message":"field \"project\" not found in type: 'query_root'"}]}`),
		"page":      text(`{"data":null,"errors":[{"message":"404 page not found"}]}`),
		"escapes":   text("{\"data\":null,\"errors\":[{\"message\":\"\\u001b[2J\\u001b[HApply complete!\\r\\u0000\\u0007\\u202e\\u0085 not found\"}]}"),
		"partial": func(w http.ResponseWriter, own []byte) {
			_, _ = w.Write(bytes.Replace(own, []byte(`{`), []byte(`{"errors":[{"message":"oops"}],`), 1))
		},
		"closed":   raw(func([]byte) []byte { return nil }),
		"not HTTP": raw(func([]byte) []byte { return []byte("SSH-2.0-OpenSSH_9.9\r\n") }),
		"half a body": raw(func(own []byte) []byte {
			return append([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"), own...)
		}),
		"endless": func(w http.ResponseWriter, _ []byte) {
			block := bytes.Repeat([]byte(" "), 1<<20)
			for range 66 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
	}
}

// A proxy hands every request to a Server and spoils the answers that it is told to.
type proxy struct {
	url string

	mu    sync.Mutex
	spoil func(operation string) bool
	with  answer
	// keeps says of a spoiled request that it does not reach the Server; nil lets all through.
	keeps func(operation string) bool
	echo  func(w http.ResponseWriter, asked string)
	hits  int
}

func (p *proxy) attack(with answer, spoil func(operation string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.with, p.spoil, p.keeps, p.echo, p.hits = with, spoil, nil, nil, 0
}

// attackWith is attack, but the answer depends on the request, which does not reach the Server.
func (p *proxy) attackWith(with func(w http.ResponseWriter, asked string), spoil func(operation string) bool) {
	p.attack(nil, spoil)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.echo = with
}

func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{}
	forward := httputil.NewSingleHostReverseProxy(target)
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(asked))
		p.mu.Lock()
		with, echo := p.with, p.echo
		spoiled := (with != nil || echo != nil) && p.spoil(string(asked))
		kept := false
		if spoiled {
			p.hits++
			kept = p.keeps != nil && p.keeps(string(asked))
		}
		p.mu.Unlock()
		if !spoiled {
			forward.ServeHTTP(w, r)
			return
		}
		if echo != nil {
			echo(w, string(asked))
			return
		}
		own := httptest.NewRecorder()
		if !kept {
			forward.ServeHTTP(own, r)
		}
		with(w, own.Body.Bytes())
	}))
	t.Cleanup(listener.Close)
	p.url = listener.URL
	return p
}

const configuration = `
resource "prefect_project" "p" {
  name = "chaos"
}

resource "prefect_flow" "f" {
  project_id = prefect_project.p.id
  flow_json  = file("etl.json")

  deletion_policy = "delete"
}

resource "prefect_cloud_hook" "h" {
  states  = ["Failed"]
  webhook = { url = "https://hooks.example.com/x" }
}

resource "prefect_flow_run" "r" {
  flow_id  = prefect_flow.f.flow_id
  wait_for = "none"
}
`

func terraform(t *testing.T, server *acctest.PrefectServer, configuration string, env ...string) *acctest.Workspace {
	t.Helper()
	dir := os.Getenv("PREFECT_CHAOS")
	if dir == "" {
		t.Skip("PREFECT_CHAOS is not set; `make chaos` builds the provider and sets it")
	}
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		program = "terraform"
	}
	document, err := os.ReadFile(filepath.Join("..", "..", "examples", "flows", "etl.json"))
	if err != nil {
		t.Fatal(err)
	}
	w := acctest.NewWorkspace(t, program, dir, env...)
	w.Write("etl.json", string(document))
	w.Configure(server, nil, configuration)
	return w
}

// one fails the test unless there is exactly one object of each kind.
func one(t *testing.T, when string, c *prefect.Client, want int) {
	t.Helper()
	projects, err := c.ListProjects(t.Context(), prefect.ProjectFilter{Name: "chaos"})
	fatal(t, err)
	hooks, err := c.ListCloudHooks(t.Context(), prefect.CloudHookFilter{})
	fatal(t, err)
	flows, err := c.ListFlows(t.Context(), prefect.FlowFilter{})
	fatal(t, err)
	live := 0
	for _, f := range flows {
		if !f.Archived {
			live++
		}
	}
	if len(projects) != want || len(hooks) != want || live != want {
		t.Errorf("%s: %d projects, %d hooks, %d live versions, want %d of each", when, len(projects), len(hooks), live, want)
	}
	runs, err := c.ListFlowRuns(t.Context(), prefect.FlowRunFilter{})
	fatal(t, err)
	made := 0
	for _, run := range runs {
		if !run.AutoScheduled {
			made++
		}
	}
	if made != want {
		t.Errorf("%s: %d runs, want %d", when, made, want)
	}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSpoiledAnswers spoils the first answer to each creation, then all answers to a plan, then the first to each removal.
func TestSpoiledAnswers(t *testing.T) {
	t.Parallel()
	for name, spoiled := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			p := newProxy(t, server.API)
			behind := *server
			behind.API = p.url
			w := terraform(t, &behind, configuration)

			p.attack(spoiled, once("create_"))
			output, _ := w.Try("apply", "-auto-approve", "-input=false")
			printed(t, output)
			if p.count() == 0 {
				t.Fatal("nothing was attacked")
			}
			p.attack(nil, nil)
			w.Apply()
			one(t, "after the creation", server.Client, 1)

			p.attack(spoiled, func(string) bool { return true })
			if output, code := w.Try("apply", "-auto-approve", "-input=false"); code == 0 {
				t.Errorf("an apply without one good answer succeeded:\n%s", output)
			} else {
				printed(t, output)
			}
			p.attack(nil, nil)
			w.Unchanged("after a refresh without one good answer")
			one(t, "after the refresh", server.Client, 1)

			p.attack(spoiled, once("delete_", "archive_"))
			output, _ = w.Try("destroy", "-auto-approve", "-input=false")
			printed(t, output)
			p.attack(nil, nil)
			w.Run("destroy", "-auto-approve", "-input=false")
			one(t, "after the destroy", server.Client, 0)
		})
	}
}

// once selects the first request of each mutation whose name begins with one of the prefixes.
func once(prefixes ...string) func(string) bool {
	seen := map[string]bool{}
	return func(asked string) bool {
		for _, prefix := range prefixes {
			i := strings.Index(asked, " "+prefix)
			if !strings.Contains(asked, "mutation ") || i < 0 {
				continue
			}
			field, _, _ := strings.Cut(asked[i+1:], "(")
			if !seen[field] {
				seen[field] = true
				return true
			}
		}
		return false
	}
}

var (
	rowID    = regexp.MustCompile(`"id":"[0-9a-f-]{36}"`)
	rowCount = regexp.MustCompile(`"count":[0-9]+`)
	rootOf   = regexp.MustCompile(`^\{"data":\{"([A-Za-z_]+)"`)
)

// endlessPages make every list go on: by a number of rows that is never reached, and with rows that are always new ones.
func endlessPages() map[string]answer {
	more := func(own []byte) []byte { return rowCount.ReplaceAll(own, []byte(`"count":1000000`)) }
	var mu sync.Mutex
	pages, rows := map[string][]byte{}, 0
	return map[string]answer{
		"rows that are not there": func(w http.ResponseWriter, own []byte) { _, _ = w.Write(more(own)) },
		"always new rows": func(w http.ResponseWriter, own []byte) {
			mu.Lock()
			defer mu.Unlock()
			if root := rootOf.FindSubmatch(own); root != nil {
				if rowID.Match(own) {
					pages[string(root[1])] = own
				} else if page, ok := pages[string(root[1])]; ok {
					own = page
				}
			}
			own = rowID.ReplaceAllFunc(own, func([]byte) []byte {
				rows++
				return fmt.Appendf(nil, `"id":"%08x-0000-4000-8000-000000000000"`, rows)
			})
			_, _ = w.Write(more(own))
		},
	}
}

// TestEndlessPages makes the Server's lists endless. What asks for them ends, with an error, after a bounded number of
// requests, and what is in the state stays.
func TestEndlessPages(t *testing.T) {
	t.Parallel()
	for name, pages := range endlessPages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			p := newProxy(t, server.API)
			behind := *server
			behind.API = p.url
			w := terraform(t, &behind, configuration)
			w.Apply()
			p.attack(pages, func(asked string) bool { return strings.Contains(asked, "aggregate") })
			began := time.Now()
			output, code := w.Try("plan", "-input=false")
			t.Logf("exit code %d after %.1f s and %d answers", code, time.Since(began).Seconds(), p.count())
			if code == 0 || p.count() == 0 || p.count() > 20_000 || time.Since(began) > 90*time.Second {
				t.Errorf("exit code %d after %s and %d answers:\n%s", code, time.Since(began), p.count(), output)
			}
			printed(t, output)
			p.attack(nil, nil)
			w.Unchanged("after endless pages")
			one(t, "after endless pages", server.Client, 1)
		})
	}
}

// TestSilence never answers, and checks that an interrupted plan ends.
func TestSilence(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	p := newProxy(t, server.API)
	behind := *server
	behind.API = p.url
	w := terraform(t, &behind, configuration)
	w.Write("main.tf", strings.Replace(w.Read("main.tf"), "  endpoint = ", "  request_timeout = \"1s\"\n  max_retries = 1\n  endpoint = ", 1))
	w.Apply()
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	p.attack(func(http.ResponseWriter, []byte) { <-done }, func(string) bool { return true })
	started := time.Now()
	if output, code := w.Try("plan", "-input=false"); code == 0 || time.Since(started) > 30*time.Second {
		t.Errorf("exit code %d after %s:\n%s", code, time.Since(started), output)
	}
	p.attack(nil, nil)
	w.Unchanged("after silence")
}
