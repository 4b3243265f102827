package schedule_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schedule"
)

// testdata/times.jsonl has schedules of all kinds, in eight time zones around changes of
// their clocks, and the first eight times after a moment that Prefect 1.4.1 computes for
// them; an error is one that it runs into.
func TestTimesEqualTheClientLibrary(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/times.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var sample struct {
			Schedule any
			After    time.Time
			Want     []time.Time
			Error    string
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&sample); err != nil {
			t.Fatal(err)
		}
		parsed, err := schedule.Parse(sample.Schedule)
		if err != nil {
			if sample.Error == "" {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		events, err := parsed.Next(8, sample.After)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(events, sample.Want, func(event schedule.Event, want time.Time) bool { return event.Time.Equal(want) }) {
			t.Errorf("got %v for %s", events, line)
		}
	}
}
