package runjobs

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// The end of a log is what says why a container has failed, however long the
// lines before it are.
func TestContainerLogHasTheEnd(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<10)
	numbered := make([]string, 0, 60)
	for i := range 60 {
		numbered = append(numbered, fmt.Sprintf("%02d %s", i, long))
	}
	cause := slices.Concat(numbered[:59], []string{"ModuleNotFoundError: No module named 'flows'"})
	for name, c := range map[string]struct {
		log         string
		lines       int
		first, last string
	}{
		"short":               {"one\ntwo\n", 2, "one", "two"},
		"more than it shows":  {strings.Join(cause, "\n") + "\n", 16, "44 ", cause[59]},
		"without a line feed": {strings.Join(cause, "\n"), 16, "44 ", cause[59]},
		"a single line":       {strings.Repeat("ä", 1<<15) + "!", 1, "ä", "ä!"},
		"empty":               {"", 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := kubeclient.NewClient(kubeclient.Config{Host: logServer(t, c.log), Environment: func(string) string { return "" }})
			if err != nil {
				t.Fatal(err)
			}
			got, err := ContainerLog(t.Context(), client, "flows", "pod", "flow", 50, false)
			if err != nil || len(got) != c.lines {
				t.Fatalf("%d lines, want %d: %v", len(got), c.lines, err)
			}
			if c.lines > 0 && (!strings.HasPrefix(got[0], c.first) || !strings.HasSuffix(got[len(got)-1], c.last)) {
				t.Errorf("from %.20q to %.60q", got[0], got[len(got)-1])
			}
		})
	}
}

// logServer is an API server with a log that it cuts as the kubelet does: to the
// last lines, and then to the first bytes of them.
func logServer(t *testing.T, log string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := strings.SplitAfter(log, "\n")
		if lines[len(lines)-1] == "" {
			lines = lines[:len(lines)-1]
		}
		if n, err := strconv.Atoi(r.URL.Query().Get("tailLines")); err == nil {
			lines = lines[max(0, len(lines)-n):]
		}
		text := strings.Join(lines, "")
		if n, err := strconv.Atoi(r.URL.Query().Get("limitBytes")); err == nil {
			text = text[:min(n, len(text))]
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
