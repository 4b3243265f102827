package cron_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/cron"
)

// The times of this file are those of croniter 1.3.7; package interop compares many more with the real one.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expression, after string
		want              []string
	}{
		{"0 0 * * sat-sun", "2024-03-01", []string{"2024-03-02", "2024-03-03", "2024-03-09"}},
		{"0 0 * * mon-sun", "2024-03-01", []string{"2024-03-02", "2024-03-03", "2024-03-04"}},
		{"0 0 1,15,L * *", "2024-02-10", []string{"2024-02-15", "2024-02-29", "2024-03-01"}},
		{"0 0 1,l * *", "2023-02-10", []string{"2023-02-28", "2023-03-01", "2023-03-31"}},
		{"0 0 * * 1-7/2", "2024-03-01", []string{"2024-03-03", "2024-03-04", "2024-03-06"}},
		{"0 0 * * 6-7/1", "2024-03-01", []string{"2024-03-02", "2024-03-03", "2024-03-09"}},
		{"0 0 1,30 * *", "2023-02-10", []string{"2023-03-30", "2023-04-01", "2023-04-30"}},
		{"0 0 1-30,l * *", "2024-03-29", []string{"2024-03-30", "2024-03-31", "2024-04-01"}},
		{"0 0 13 * fri#2", "2024-03-01", []string{"2024-03-08", "2024-04-12", "2024-05-10"}},
		{"0 0 * * l5", "2024-03-01", []string{"2024-03-29", "2024-04-26", "2024-05-31"}},
		{"0 0 0 * * 0", "2024-03-01", []string{"2024-04-01", "2024-05-01", "2024-06-01"}},
		{"0 0 28 2 *", "2024-03-01", []string{"2025-02-28", "2026-02-28", "2027-02-28"}},
		{"\u0660 \u0660 * * *", "2024-03-01", []string{"2024-03-02", "2024-03-03", "2024-03-04"}},
	} {
		e, err := cron.Parse(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		at, err := time.Parse(time.DateOnly, c.after)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range c.want {
			if next, found := e.Next(at); found {
				at = next
				got = append(got, at.Format(time.DateOnly))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s after %s: %v, want %v", c.expression, c.after, got, c.want)
		}
	}
}

func TestNeverFires(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		"0 0 29 2 *": true, "0 0 31 2 *": false, "0 0 30 2 mon": false, "0 0 31 * 1#1": false, "0 0 * * 7 0": false, "0 0 * * 7": true,
	} {
		e, err := cron.Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		if e.Fires() != want {
			t.Errorf("%s fires: %v", expression, !want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"0 25 * * *":       `"0 25 * * *" is not a cron expression: the hour is 25; use 0 to 23`,
		"0 0 0 * *":        `"0 0 0 * *" is not a cron expression: the day of month is 0; use 1 to 31, or l for the last day`,
		"0 0 * foo *":      `"0 0 * foo *" is not a cron expression: the month is "foo"; use 1 to 12 or jan to dec`,
		"0 0 ? * *":        `"0 0 ? * *" is not a cron expression: the day of month is "?"; use 1 to 31, or l for the last day`,
		"0 0 * *":          `"0 0 * *" is not a cron expression: it has 4 fields`,
		"@reboot":          `"@reboot" is not a cron expression: the names are @hourly, @midnight, @daily, @weekly, @monthly, @yearly and @annually`,
		"0 17-9 * * *":     `"0 17-9 * * *" is not a cron expression: the hour has the range 17-9, which ends before it starts`,
		"*/0 * * * *":      `"*/0 * * * *" is not a cron expression: the minute has the step 0; use 1 or more`,
		"1,,2 * * * *":     `"1,,2 * * * *" is not a cron expression: the minute has an empty item, as in 1,,2 or a comma at its end`,
		"0 0 * * 5#2,1":    `"0 0 * * 5#2,1" is not a cron expression: the day of week mixes weekdays of the month, such as 5#2 or l5, with plain ones; use only one kind`,
		"0 0 * * 1-5,L6":   `"0 0 * * 1-5,L6" is not a cron expression: the day of week mixes weekdays of the month, such as 5#2 or l5, with plain ones; use only one kind`,
		"0 0 * * *#1":      `"0 0 * * *#1" is not a cron expression: the day of week is "*"; use 0 to 7 or sun to sat`,
		"0 0 * * fri#6":    `"0 0 * * fri#6" is not a cron expression: the day of week is fri#6; write # and a number from 1 to 5, such as 5#2 for the second Friday of the month`,
		"0 0 1 ,2 * *":     `"0 0 1 ,2 * *" is not a cron expression: the month has an empty item, as in 1,,2 or a comma at its end`,
		"h h * * *":        `"h h * * *" is not a cron expression: the minute is h, a number hashed from an identifier, which Prefect does not provide; use a number`,
		"r(50-70) * * * *": `"r(50-70) * * * *" is not a cron expression: the minute is 70; use 0 to 59`,
	} {
		_, err := cron.Parse(expression)
		if !errors.Is(err, cron.ErrSyntax) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestRandomFields(t *testing.T) {
	t.Parallel()
	e, err := cron.Parse("r(10-20) r/5 * * *")
	if err != nil {
		t.Fatal(err)
	}
	at, found := e.Next(time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
	if !found || at.Minute() < 10 || at.Minute() > 20 {
		t.Errorf("the first time is %s", at)
	}
	if _, err := cron.Parse("r r r r r r"); err != nil {
		t.Error(err)
	}
}
