package prefectserver_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// differences are the recorded operations, as section/step, that are answered
// differently, each with the reason. The test fails for one that is missing here
// and for one that no longer differs.
func differences() map[string]string { return map[string]string{} }

// step is one recorded operation.
type step struct {
	Section   string `json:"section"`
	Step      string `json:"step"`
	Query     any    `json:"query"`
	Variables any    `json:"variables"`
	Status    int    `json:"status"`
	Response  any    `json:"response"`
}

func (s step) name() string { return s.Section + "/" + s.Step }

// lines decodes a file with a JSON value on each line, which may be compressed.
func lines[T any](t *testing.T, path string) []T {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var reader io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if reader, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	var out []T
	scanner := bufio.NewScanner(reader)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var v T
		decoder := json.NewDecoder(bytes.NewReader(scanner.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func newServer(t *testing.T, options prefectserver.Options) (*prefectserver.Server, string) {
	t.Helper()
	server, err := prefectserver.New(options)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	return server, listening.URL
}

func send(t *testing.T, url string, body []byte) (int, any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return response.StatusCode, "(HTML error page)"
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return response.StatusCode, out
}

// replay knows the ids that earlier steps have returned, by their names in the
// recording.
type replay struct {
	ids map[string]string
}

var placeholder = regexp.MustCompile(`\{\{(\w+)\}\}`)

// fill puts the known ids into a recorded value.
func (r *replay) fill(v any) any {
	switch x := v.(type) {
	case string:
		return placeholder.ReplaceAllStringFunc(x, func(p string) string {
			if p == "{{time}}" { // the recording hides the future start of a run and the times of logs
				return time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano)
			}
			if id, ok := r.ids[p[2:len(p)-2]]; ok {
				return id
			}
			return p
		})
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = r.fill(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			out[k] = r.fill(e)
		}
		return out
	default:
		return v
	}
}

// body is the request of a step.
func (r *replay) body(s step) []byte {
	text, ok := s.Query.(string)
	switch {
	case !ok:
		return []byte("this is not JSON")
	case strings.HasSuffix(text, "with a 6 MiB body"):
		return []byte(`{"query": "` + strings.Repeat(" ", 6<<20) + `{ hello }"}`)
	}
	raw, _ := json.Marshal(map[string]any{"query": r.fill(text), "variables": r.fill(s.Variables)})
	return raw
}

// compare returns the differences between a recorded value and the answer,
// learning the ids that the recording names for the first time.
func (r *replay) compare(path string, want, got any) []string {
	switch w := want.(type) {
	case string:
		return r.compareText(path, w, got)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{fmt.Sprintf("%s: want %d elements %v, got %v", path, len(w), want, got)}
		}
		var out []string
		for i := range w {
			out = append(out, r.compare(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...)
		}
		return out
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want %v, got %v", path, want, got)}
		}
		return r.compareObjects(path, w, g)
	default:
		if !cmp.Equal(want, got) {
			return []string{fmt.Sprintf("%s: want %v, got %v", path, want, got)}
		}
		return nil
	}
}

func (r *replay) compareObjects(path string, want, got map[string]any) []string {
	var out []string
	keys := map[string]bool{}
	for k := range want {
		keys[k] = true
	}
	for k := range got {
		keys[k] = true
	}
	for k := range keys {
		w, inWant := want[k]
		g, inGot := got[k]
		at := path + "." + k
		switch {
		case k == "locations" || k == "exception" || (k == "path" && strings.HasSuffix(path, ".extensions")):
		case inWant != inGot:
			out = append(out, fmt.Sprintf("%s: want %v (%t), got %v (%t)", at, w, inWant, g, inGot))
		default:
			out = append(out, r.compare(at, w, g)...)
		}
	}
	return out
}

// pattern turns recorded text into an expression over the actual text.
func (r *replay) pattern(text string) (*regexp.Regexp, []string) {
	var b strings.Builder
	var learned []string
	b.WriteString(`\A`)
	rest := text
	for {
		found := placeholder.FindStringSubmatchIndex(rest)
		if found == nil {
			break
		}
		b.WriteString(regexp.QuoteMeta(rest[:found[0]]))
		switch name := rest[found[2]:found[3]]; name {
		case "uuid":
			b.WriteString(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
		case "time":
			b.WriteString(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?`)
		default:
			if id, ok := r.ids[name]; ok {
				b.WriteString(regexp.QuoteMeta(id))
			} else {
				learned = append(learned, name)
				b.WriteString(`(\S+)`)
			}
		}
		rest = rest[found[1]:]
	}
	b.WriteString(regexp.QuoteMeta(rest) + `\z`)
	return regexp.MustCompile(b.String()), learned
}

func (r *replay) compareText(path, want string, got any) []string {
	text, ok := got.(string)
	expression, learned := r.pattern(want)
	found := expression.FindStringSubmatch(text)
	if !ok || found == nil {
		return []string{fmt.Sprintf("%s: want %q, got %q", path, r.fill(want), got)}
	}
	for i, name := range learned {
		r.ids[name] = found[i+1]
	}
	return nil
}

// TestReplay sends the recorded operations in order and compares the answers.
func TestReplay(t *testing.T) {
	t.Parallel()
	steps := lines[step](t, "testdata/operations.jsonl")
	if len(steps) != 227 {
		t.Fatalf("%d steps, want 227", len(steps))
	}
	listed := differences()
	if len(listed) > 10 {
		t.Errorf("%d differences are listed, at most 10 are allowed", len(listed))
	}
	_, url := newServer(t, prefectserver.Options{})
	r := &replay{ids: map[string]string{}}
	for _, s := range steps {
		status, got := send(t, url, r.body(s))
		problems := r.compare("response", s.Response, got)
		if status != s.Status {
			problems = append(problems, fmt.Sprintf("status: want %d, got %d", s.Status, status))
		}
		reason, expected := listed[s.name()]
		switch {
		case len(problems) > 0 && !expected:
			t.Errorf("%s:\n\t%s", s.name(), strings.Join(problems, "\n\t"))
		case len(problems) == 0 && expected:
			t.Errorf("%s no longer differs, but is listed: %s", s.name(), reason)
		}
		delete(listed, s.name())
	}
	for name := range listed {
		t.Errorf("%s is listed, but not a recorded operation", name)
	}
}
