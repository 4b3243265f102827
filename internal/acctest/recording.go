package acctest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "rewrite recorded messages, and what is generated from them")

// Update reports whether the test was called with -update: recordings are then
// rewritten instead of compared.
func Update() bool { return *update }

// Recording holds the messages that a test provokes, in the order in which the
// test adds them, and compares them with a file under testdata when the test
// ends. A reworded message is accepted with -update and read in the diff.
type Recording struct {
	t    *testing.T
	file string
	mu   sync.Mutex
	body strings.Builder
	seen map[string]int
}

// Record returns the recording testdata/messages/<name>.txt of a test.
func Record(t *testing.T, name string) *Recording {
	t.Helper()
	r := &Recording{t: t, file: filepath.Join("testdata", "messages", name+".txt"), seen: map[string]int{}}
	t.Cleanup(r.compare)
	return r
}

// Add appends a case and its messages. Values that differ from run to run are
// replaced by names for them; volatile names more of these, each a value and its
// replacement.
func (r *Recording) Add(title, messages string, volatile ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(&r.body, "=== %s\n\n%s\n\n", title, r.stable(messages, volatile))
}

// AddDiagnostics appends a case and all its diagnostics.
func (r *Recording) AddDiagnostics(title string, found []Diagnostic, volatile ...string) {
	blocks := make([]string, len(found))
	for i, d := range found {
		severity, at := "Error", ""
		if d.Warning {
			severity = "Warning"
		}
		if d.Path != "" {
			at = " (at " + d.Path + ")"
		}
		blocks[i] = severity + at + ": " + d.Summary + "\n\n" + d.Detail
	}
	r.Add(title, strings.Join(blocks, "\n\n"), volatile...)
}

var (
	uuid      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	unsettled = []struct{ pattern, name string }{
		{`127\.0\.0\.1:\d+|\[::1\]:\d+`, "127.0.0.1:4200"},
		{`prefect-acc-[0-9a-f]{10}`, "flows"},
		{`\bacc-[0-9a-f]{10}`, "acc"},
		{`\b([A-Za-z]+)-[0-9a-f]{10}\b`, "$1-0123456789"},                       // names that a test made unique
		{`the Server has (?:[^.]*, )?acc(?:, [^.]*)?\.`, "the Server has acc."}, // whatever other tenants it has
		{`\bcreated \d{4}-\d\d-\d\dT[\d:.]+Z`, "created 2030-01-31T08:00:00Z"},
	}
	blankLine = regexp.MustCompile(`\n[ \t│]*\n`)
	frame     = strings.NewReplacer("│", " ", "╷", " ", "╵", " ")
	temporary = regexp.MustCompile(regexp.QuoteMeta(os.TempDir()) + `/[^\s"]*?/(\d+/)?`)
)

// stable replaces what differs from run to run. Ids are numbered in the order in
// which the recording first has them, so that two different ids stay different.
func (r *Recording) stable(text string, volatile []string) string {
	text = strings.NewReplacer(volatile...).Replace(text)
	text = uuid.ReplaceAllStringFunc(text, func(id string) string {
		if strings.HasSuffix(id, "-0000-4000-8000-00000000000f") {
			return id
		}
		if r.seen[id] == 0 {
			r.seen[id] = len(r.seen) + 1
		}
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", r.seen[id])
	})
	for _, u := range unsettled {
		text = regexp.MustCompile(u.pattern).ReplaceAllString(text, u.name)
	}
	lines := strings.Split(temporary.ReplaceAllString(text, "/tmp/"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func (r *Recording) compare() {
	r.t.Helper()
	if r.t.Skipped() {
		return
	}
	got := strings.TrimSpace(r.body.String()) + "\n"
	if *update {
		if err := os.MkdirAll(filepath.Dir(r.file), 0o750); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(r.file, []byte(got), 0o600); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	recorded, err := os.ReadFile(r.file)
	if err != nil {
		r.t.Fatalf("%v; record the messages with -update", err)
	}
	for title, want := range sections(string(recorded)) {
		if now, ok := sections(got)[title]; !ok {
			r.t.Errorf("%s: %q is recorded but no longer provoked", r.file, title)
		} else if placed(now) != placed(want) {
			r.t.Errorf("%s: %s\nsays\n%s\nand the recording has\n%s\nIf the new message is right, run the test with -update.", r.file, title, now, want)
		}
	}
	for title, now := range sections(got) {
		if _, ok := sections(string(recorded))[title]; !ok {
			r.t.Errorf("%s: %s is not recorded; it says\n%s\nRun the test with -update.", r.file, title, now)
		}
	}
}

// placed leaves out where a message points under OpenTofu, which shows no line of the configuration for an object that goes.
func placed(messages string) string {
	if !strings.HasPrefix(filepath.Base(os.Getenv("TF_ACC_TERRAFORM_PATH")), "tofu") {
		return messages
	}
	return places.ReplaceAllString(messages, "")
}

var places = regexp.MustCompile(`(?m)^at: .*\n\n`)

// sections are the cases of a recording by title.
func sections(recording string) map[string]string {
	out := map[string]string{}
	for _, section := range strings.Split(strings.TrimPrefix(recording, "=== "), "\n=== ") {
		title, text, _ := strings.Cut(section, "\n")
		out[title] += strings.TrimSpace(text)
	}
	return out
}

// AddErrors appends what Terraform said of the resources of one configuration,
// each a case that is wrong in a way of its own. resources holds the names in the
// configuration by case; a resource without an error fails the test.
func (r *Recording) AddErrors(kind string, err error, resources map[string]string) {
	r.t.Helper()
	problems := strings.Split(err.Error(), "Error: ")[1:]
	for _, title := range slices.Sorted(maps.Keys(resources)) {
		at := fmt.Sprintf("in resource %q %q", kind, resources[title])
		var said []string
		for _, problem := range problems {
			if output := plainOutput(problem); strings.Contains(output, at) {
				said = append(said, "Error: "+withoutSource(output))
			}
		}
		if len(said) == 0 {
			r.t.Errorf("%s: no error", title)
			continue
		}
		slices.Sort(said)
		r.Add(title, strings.Join(said, "\n\n"), resources[title], "example")
	}
}

// plainOutput is what Terraform printed without its frame, a line for each
// paragraph.
func plainOutput(output string) string {
	var paragraphs []string
	for _, paragraph := range blankLine.Split(output, -1) {
		if words := strings.Fields(frame.Replace(paragraph)); len(words) > 0 {
			paragraphs = append(paragraphs, strings.Join(words, " "))
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// withoutSource replaces where the configuration stands in its file by the line
// itself, which shows the attribute that is to blame.
func withoutSource(output string) string {
	var kept []string
	for _, paragraph := range strings.Split(output, "\n\n") {
		paragraph = blamed.ReplaceAllString(paragraph, "at: $1")
		if !strings.HasPrefix(paragraph, "with prefect_") {
			kept = append(kept, paragraph)
		}
	}
	return strings.Join(kept, "\n\n")
}
