package acctest

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// recordedPrefix begins the pattern of [Recorded], which matches no message.
const recordedPrefix = `^recorded by acctest\.Run: `

// Recorded is the ExpectError of a step whose whole message [Run] records and compares. The title is that of the step in
// the recording; without one the steps are numbered.
//
// A step whose message differs from run to run, because it contains a duration or depends on an order, uses [Says]
// for the parts that it must contain.
func Recorded(title ...string) *regexp.Regexp {
	return regexp.MustCompile(recordedPrefix + regexp.QuoteMeta(strings.Join(strings.Fields(strings.Join(title, " ")), " ")))
}

// Run is [resource.Test]. What Terraform says in steps that expect [Recorded] is compared with
// testdata/messages/<test>.txt; see [Record].
func Run(t *testing.T, c resource.TestCase, volatile ...string) {
	t.Helper()
	var recording *Recording
	var awaited string // title of the present step, "" if its message is not recorded
	for i := range c.Steps {
		step := &c.Steps[i]
		title := ""
		if step.ExpectError != nil && strings.HasPrefix(step.ExpectError.String(), recordedPrefix) {
			title = unquoted(strings.TrimPrefix(step.ExpectError.String(), recordedPrefix))
			if title == "" {
				title = fmt.Sprintf("step %d", i+1)
			}
			step.ExpectError = nil
			if recording == nil {
				recording = recordingOf(t)
			}
		}
		before := step.PreConfig
		step.PreConfig = func() {
			awaited = title
			if before != nil {
				before()
			}
		}
	}
	unexpected := c.ErrorCheck
	c.ErrorCheck = func(err error) error {
		if awaited != "" {
			recording.Add(awaited, errorsIn(err.Error()), volatile...)
			awaited = ""
			return nil
		}
		if unexpected != nil {
			return unexpected(err)
		}
		return err
	}
	resource.Test(t, c)
}

// recordings are those of tests that are running, by name: a test may call Run more than once.
var recordings sync.Map //nolint:gochecknoglobals // a test has nothing else to keep it in

func recordingOf(t *testing.T) *Recording {
	t.Helper()
	if kept, ok := recordings.Load(t.Name()); ok {
		if recording, ok := kept.(*Recording); ok {
			return recording
		}
	}
	recording := Record(t, t.Name())
	recordings.Store(t.Name(), recording)
	t.Cleanup(func() { recordings.Delete(t.Name()) })
	return recording
}

var escaped = regexp.MustCompile(`\\([\\.+*?()|\[\]{}^$])`)

func unquoted(pattern string) string { return escaped.ReplaceAllString(pattern, "$1") }

// errorsIn are the errors in Terraform's output, without its frame, its line breaks and the places in the configuration.
func errorsIn(output string) string {
	problems := strings.Split(output, "Error: ")
	if len(problems) == 1 {
		return plainOutput(output)
	}
	said := make([]string, 0, len(problems))
	for _, problem := range problems[1:] {
		problem, _, _ = strings.Cut(problem, "Warning: ")
		paragraphs := strings.Split(plainOutput(problem), "\n\n")
		for i, paragraph := range paragraphs {
			paragraphs[i] = blamed.ReplaceAllString(paragraph, "at: $1")
		}
		said = append(said, "Error: "+strings.Join(paragraphs, "\n\n"))
	}
	return strings.Join(said, "\n\n")
}

// blamed is where Terraform shows the line of the configuration that is to blame.
var blamed = regexp.MustCompile(`^(?:with .*?, )?on \S+ line \d+, in [^:]*: \d+: (.*)$`)
