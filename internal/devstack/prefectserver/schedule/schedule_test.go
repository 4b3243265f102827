package schedule_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schedule"
)

// decode reads a schedule as the store keeps it.
func decode(t *testing.T, document string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func next(t *testing.T, document string, n int, after string) []string {
	t.Helper()
	parsed, err := schedule.Parse(decode(t, document))
	if err != nil {
		t.Fatal(err)
	}
	start, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	events, err := parsed.Next(n, start)
	if err != nil {
		t.Fatal(err)
	}
	times := make([]string, len(events))
	for i, event := range events {
		times[i] = event.Time.Format(time.RFC3339)
	}
	return times
}

func cron(expression, rest string) string {
	return `{"clocks": [{"type": "CronClock", "cron": "` + expression + `"` + rest + `}]}`
}

// The expected times of this file were computed with the client library 1.4.1.

func TestCronExpressions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string][]string{
		"*/15 * * * *":         {"2024-03-30T12:15:00Z", "2024-03-30T12:30:00Z"},
		"0 9 * * 1-5":          {"2024-04-01T09:00:00Z", "2024-04-02T09:00:00Z"},
		"0 0 1 * 1":            {"2024-04-01T00:00:00Z", "2024-04-08T00:00:00Z"},
		"@daily":               {"2024-03-31T00:00:00Z", "2024-04-01T00:00:00Z"},
		"0 12 * * sun":         {"2024-03-31T12:00:00Z", "2024-04-07T12:00:00Z"},
		"5 4 * * 7":            {"2024-03-31T04:05:00Z", "2024-04-07T04:05:00Z"},
		"0 0 l * *":            {"2024-03-31T00:00:00Z", "2024-04-30T00:00:00Z"},
		"0 0 * * 5#2":          {"2024-04-12T00:00:00Z", "2024-05-10T00:00:00Z"},
		"0 0 * * L5":           {"2024-04-26T00:00:00Z", "2024-05-31T00:00:00Z"},
		"* * * * * 10":         {"2024-03-30T12:01:10Z", "2024-03-30T12:02:10Z"},
		"0 0 * jan-mar mon":    {"2025-01-06T00:00:00Z", "2025-01-13T00:00:00Z"},
		"5/15 * * * *":         {"2024-03-30T12:05:00Z", "2024-03-30T12:20:00Z"},
		"0 0 29 2 *":           {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"},
		"30 12 * * fri-sun":    {"2024-03-30T12:30:00Z", "2024-03-31T12:30:00Z"},
		"0,30 8,20 */10 4-5 *": {"2024-04-01T08:00:00Z", "2024-04-01T08:30:00Z"},
	} {
		if got := next(t, cron(expression, ""), 2, "2024-03-30T12:00:30Z"); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", expression, got, want)
		}
	}
}

// TestNeverFires: the library reads the expression, and fails when it looks for a date.
// Other clocks do not help.
func TestNeverFires(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		cron("0 0 31 2 *", ""),
		`{"clocks": [{"type": "CronClock", "cron": "0 0 * * *"}, {"type": "CronClock", "cron": "0 0 31 2 *"}]}`,
	} {
		parsed, err := schedule.Parse(decode(t, document))
		if err != nil {
			t.Fatal(err)
		}
		if events, err := parsed.Next(2, time.Now()); !errors.Is(err, schedule.ErrNeverFires) {
			t.Errorf("%s: %v, %v", document, events, err)
		}
	}
}

func TestInvalidClocks(t *testing.T) {
	t.Parallel()
	for _, clock := range []string{
		`{"type": "CronClock", "cron": "nope"}`, `{"type": "CronClock", "cron": "@reboot"}`,
		`{"type": "CronClock", "cron": "1-60 * * * *"}`, `{"type": "CronClock", "cron": "*/0 * * * *"}`,
		`{"type": "CronClock", "cron": "0 25 * * *"}`, `{"type": "CronClock", "cron": "0 0 0 * *"}`,
		`{"type": "CronClock", "cron": "0 0 * * 8"}`, `{"type": "CronClock", "cron": "0 0 * *"}`,
		`{"type": "CronClock", "cron": "? 0 * * *"}`, `{"type": "CronClock", "cron": "0 0 * * mon,5#1"}`,
		`{"type": "CronClock", "cron": "0 0 ? * *"}`,                                                        // later releases of the cron library take it
		`{"type": "CronClock", "cron": "0 22-2 * * *"}`, `{"type": "CronClock", "cron": "0 0 * * fri-mon"}`, // as above
		`{"type": "CronClock", "cron": "0 0 * * * 0 2030"}`, `{"type": "CronClock", "cron": "* * * * *", "parameter_defaults": {"p": null}}`,
		`{"type": "CronClock", "cron": "0 0 * * 5#6"}`, `{"type": "CronClock"}`,
		`{"type": "IntervalClock", "interval": 59999999}`, `{"type": "IntervalClock"}`,
		`{"type": "DatesClock", "dates": []}`, `{"type": "SunDial"}`, `7`,
		`{"type": "CronClock", "cron": "* * * * *", "start_date": {"dt": "2024-01-01T00:00:00", "tz": "Mars/Base"}}`,
		`{"type": "CronClock", "cron": "* * * * *", "labels": "a"}`,
	} {
		err := schedule.ValidateClock(decode(t, clock))
		if !errors.Is(err, schedule.ErrInvalid) {
			t.Errorf("%s: got error %v", clock, err)
		}
	}
}

func TestDayOrAnd(t *testing.T) {
	t.Parallel()
	for rest, want := range map[string][]string{
		"":                  {"2024-01-05T00:00:00Z", "2024-01-12T00:00:00Z", "2024-01-13T00:00:00Z"},
		`, "day_or": null`:  {"2024-01-05T00:00:00Z", "2024-01-12T00:00:00Z", "2024-01-13T00:00:00Z"},
		`, "day_or": false`: {"2024-09-13T00:00:00Z", "2024-12-13T00:00:00Z", "2025-06-13T00:00:00Z"},
	} {
		if got := next(t, cron("0 0 13 * 5", rest), 3, "2024-01-01T00:00:00Z"); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", rest, got, want)
		}
	}
}

// Prefect rounds up to whole seconds, and the first time is after them.
func TestCronAfterFractionsOfASecond(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cron, start, after string
		want               []string
	}{
		{"0 0 * * *", "2024-01-01T00:00:00.000001", "2023-01-01T00:00:00Z", []string{"2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"}},
		{"* * * * * *", "2024-01-01T00:00:00.500000", "2023-01-01T00:00:00Z", []string{"2024-01-01T00:00:01Z", "2024-01-01T00:00:02Z"}},
		{"* * * * *", "2023-01-01T00:00:00", "2023-01-01T11:59:59.5Z", []string{"2023-01-01T12:01:00Z", "2023-01-01T12:02:00Z"}},
	} {
		if got := next(t, cron(test.cron, `, "start_date": {"dt": "`+test.start+`", "tz": "UTC"}`), 2, test.after); !slices.Equal(got, test.want) {
			t.Errorf("%s from %s after %s: got %v, want %v", test.cron, test.start, test.after, got, test.want)
		}
	}
}

func TestCronAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cron, start, zone string
		want              []string
	}{
		"skipped reading moves to the change": {
			"30 2 * * *", "2024-03-30T00:00:00", "Europe/Berlin",
			[]string{"2024-03-30T02:30:00+01:00", "2024-03-31T03:00:00+02:00", "2024-04-01T02:30:00+02:00"},
		},
		"repeated reading counts once": {
			"30 2 * * *", "2024-10-26T00:00:00", "Europe/Berlin",
			[]string{"2024-10-26T02:30:00+02:00", "2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"},
		},
		"hourly pauses when clocks go back": {
			"0 * * * *", "2024-10-27T00:30:00", "Europe/Berlin",
			[]string{"2024-10-27T01:00:00+02:00", "2024-10-27T02:00:00+02:00", "2024-10-27T03:00:00+01:00"},
		},
		"skipped readings collapse": {
			"*/30 1-3 * * *", "2024-03-31T00:30:00", "Europe/Berlin",
			[]string{"2024-03-31T01:00:00+01:00", "2024-03-31T01:30:00+01:00", "2024-03-31T03:00:00+02:00", "2024-03-31T03:30:00+02:00"},
		},
		"daily keeps its hour": {
			"0 9 * * *", "2024-03-09T00:00:00", "America/New_York",
			[]string{"2024-03-09T09:00:00-05:00", "2024-03-10T09:00:00-04:00"},
		},
		"midnight that does not exist": {
			"0 0 * * *", "2024-09-06T12:00:00", "America/Santiago",
			[]string{"2024-09-07T00:00:00-04:00", "2024-09-08T01:00:00-03:00", "2024-09-09T00:00:00-03:00"},
		},
	} {
		rest := `, "start_date": {"dt": "` + test.start + `", "tz": "` + test.zone + `"}`
		got := next(t, cron(test.cron, rest), len(test.want), "2020-01-01T00:00:00Z")
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	const hour = "3600000000"
	for name, test := range map[string]struct {
		interval, start, after string
		want                   []string
	}{
		"written as a text": {`"` + hour + `"`, "", "2024-01-01T00:30:00Z", []string{"2024-01-01T01:00:00Z", "2024-01-01T02:00:00Z"}},
		"without a start":   {hour, "", "2024-01-01T00:30:00Z", []string{"2024-01-01T01:00:00Z", "2024-01-01T02:00:00Z"}},
		"exactly on time":   {hour, "", "2024-01-01T01:00:00Z", []string{"2024-01-01T02:00:00Z", "2024-01-01T03:00:00Z"}},
		"start ahead": {
			hour, "2024-06-01T10:30:00", "2024-01-01T01:00:00Z",
			[]string{"2024-06-01T10:30:00+02:00", "2024-06-01T11:30:00+02:00"},
		},
		"hourly counts elapsed hours": {hour, "2024-10-27T00:00:00", "2024-10-27T00:30:00+02:00", []string{
			"2024-10-27T01:00:00+02:00", "2024-10-27T02:00:00+02:00", "2024-10-27T02:00:00+01:00",
			"2024-10-27T03:00:00+01:00",
		}},
		"daily reads the clock": {
			"86400000000", "2024-03-29T02:30:00", "2024-03-29T12:00:00Z",
			[]string{"2024-03-30T02:30:00+01:00", "2024-03-31T03:30:00+02:00", "2024-04-01T02:30:00+02:00"},
		},
		"daily, repeated reading": {
			"86400000000", "2024-10-25T02:30:00", "2024-10-25T12:00:00Z",
			[]string{"2024-10-26T02:30:00+02:00", "2024-10-27T02:30:00+01:00"},
		},
		"a day and a half": {
			"129600000000", "2024-10-25T00:00:00", "2024-10-25T12:00:00Z",
			[]string{"2024-10-26T12:00:00+02:00", "2024-10-28T00:00:00+01:00", "2024-10-29T12:00:00+01:00"},
		},
	} {
		start := "null"
		if test.start != "" {
			start = `{"dt": "` + test.start + `", "tz": "Europe/Berlin"}`
		}
		document := `{"clocks": [{"type": "IntervalClock", "interval": ` + test.interval + `, "start_date": ` + start + `}]}`
		if got := next(t, document, len(test.want), test.after); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestEndDatesAndSeveralClocks(t *testing.T) {
	t.Parallel()
	document := `{"clocks": [
		{"type": "CronClock", "cron": "0 * * * *", "end_date": {"dt": "2024-01-01T02:00:00", "tz": "UTC"}},
		{"type": "IntervalClock", "interval": 3600000000, "end_date": {"dt": "2024-01-01T03:00:00", "tz": "UTC"}},
		{"type": "IntervalClock", "interval": 3600000000, "end_date": {"dt": "2024-01-01T01:00:00", "tz": "UTC"}, "labels": []},
		{"type": "DatesClock", "dates": [{"dt": "2024-01-01T05:00:00", "tz": "UTC"}, {"dt": "2024-01-01T01:30:00", "tz": "UTC"}]}]}`
	want := []string{
		"2024-01-01T01:00:00Z", "2024-01-01T01:00:00Z", "2024-01-01T01:30:00Z",
		"2024-01-01T02:00:00Z", "2024-01-01T03:00:00Z", "2024-01-01T05:00:00Z",
	}
	if got := next(t, document, 10, "2024-01-01T00:00:00Z"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFiltersAndAdjustments(t *testing.T) {
	t.Parallel()
	function := func(name, kwargs string) string {
		return `[{"fn": "prefect.schedules.` + name + `", "kwargs": ` + kwargs + `}]`
	}
	for name, test := range map[string]struct {
		part, value string
		want        string // of 2024-03-28 (Thursday) 12:00 and the days after it
	}{
		"weekday":       {"filters", function("filters.is_weekday", "{}"), "29 01 02"},
		"weekend":       {"filters", function("filters.is_weekend", "{}"), "30 31 06"},
		"not weekend":   {"not_filters", function("filters.is_weekend", "{}"), "29 01 02"},
		"month end":     {"filters", function("filters.is_month_end", "{}"), "31 30 31"},
		"month start":   {"or_filters", function("filters.is_month_start", "{}"), "01 01 01"},
		"day of week":   {"filters", function("filters.is_day_of_week", `{"day_of_week": 0}`), "01 08 15"},
		"on date":       {"filters", function("filters.on_date", `{"month": 4, "day": 2}`), "02 02 02"},
		"between dates": {"filters", function("filters.between_dates", `{"start_month": 12, "start_day": 31, "end_month": 1, "end_day": 2}`), "31 01 02"},
		"at time":       {"not_filters", function("filters.at_time", `{"t": "//time:12:00:00"}`), ""},
		"between times": {"filters", function("filters.between_times", `{"start": "//time:09:00:00", "end": "//time:17:30:00"}`), "29 30 31"},
		"over midnight": {"filters", function("filters.between_times", `{"start": "//time:22:00", "end": "//time:06:00"}`), ""},
		"on datetime":   {"filters", function("filters.on_datetime", `{"dt": "//datetime:2024-04-05T12:00:00"}`), "05"},
		"between":       {"filters", function("filters.between_datetimes", `{"start": "//datetime:2024-04-05T12:00:00", "end": "//datetime:2024-04-06T12:00:00"}`), "05 06"},
		"add":           {"adjustments", function("adjustments.add", `{"interval": "//timedelta:86400.0"}`), "30 31 01"},
		"next weekday":  {"adjustments", function("adjustments.next_weekday", "{}"), "29 01 01"},
	} {
		document := `{"clocks": [{"type": "CronClock", "cron": "0 12 * * *"}], "` + test.part + `": ` + test.value + `}`
		days := next(t, document, 3, "2024-03-28T13:00:00Z")
		for i, moment := range days {
			days[i] = moment[8:10]
		}
		if got := strings.Join(days, " "); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestUnknownParts(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`null`, `[]`, `{}`, `{"clocks": null}`, `{"clocks": [{"type": "RRuleClock"}]}`,
		`{"clocks": [{"type": "RRuleClock", "rrule_obj": {"type": "rrule", "rr": "RRULE:FREQ=NEVER"}}]}`,
		`{"clocks": [], "filters": [{"fn": "os.system", "kwargs": {}}]}`,
		`{"clocks": [], "filters": [{"fn": "prefect.schedules.filters.at_time", "kwargs": {"t": "noon"}}]}`,
		`{"clocks": [], "filters": 1}`, `{"clocks": [], "filters": null}`, `{"clocks": [], "or_filters": [null]}`, `{"clocks": [], "adjustments": [{"fn": "prefect.schedules.adjustments.add", "kwargs": {}}]}`,
	} {
		if _, err := schedule.Parse(decode(t, document)); !errors.Is(err, schedule.ErrInvalid) {
			t.Errorf("%s: got error %v", document, err)
		}
	}
}
