package cron

import (
	"time"
)

// searchYears is how many years ahead to search.
const searchYears = 50

// Next returns the next matching wall-clock time, as a UTC time; false if there is none within 50 years. It
// ignores fractions of a second.
func (e *Expression) Next(after time.Time) (time.Time, bool) {
	unit := time.Minute
	if e.seconds {
		unit = time.Second
	}
	from := after.Truncate(unit).Add(unit)
	days, weekdays := e.fields[dayOfMonth], e.fields[weekday]
	if days.any || weekdays.any || e.dayAnd {
		return e.search(from, days, weekdays)
	}
	// A day matches either field, and both fields must match some day.
	byDay, found := e.search(from, days, set{any: true})
	if !found {
		return time.Time{}, false
	}
	byWeekday, found := e.search(from, set{any: true}, weekdays)
	if !found {
		return time.Time{}, false
	}
	if byWeekday.Before(byDay) {
		return byWeekday, true
	}
	return byDay, true
}

// search moves t forward, field by field from the month to the second, until all of them match. It starts
// over after every move.
func (e *Expression) search(t time.Time, days, weekdays set) (time.Time, bool) {
	last := t.Year() + searchYears
	for t.Year() <= last {
		next := e.move(t, days, weekdays)
		if next.Equal(t) {
			return t, true
		}
		t = next
	}
	return time.Time{}, false
}

// move returns the first move from t towards a matching time; t itself if it matches.
func (e *Expression) move(t time.Time, days, weekdays set) time.Time {
	year, monthNow, day := t.Date()
	if by := e.fields[month].distance(int(monthNow), 12); by > 0 {
		return time.Date(year, monthNow+time.Month(by), 1, 0, 0, 0, 0, time.UTC)
	}
	length := daysIn(year, monthNow)
	if by := days.distance(day, length); by > 0 {
		return time.Date(year, monthNow, day+by, 0, 0, 0, 0, time.UTC)
	}
	by := weekdays.distance(int(t.Weekday()), 7)
	if len(e.nth) > 0 {
		by = e.distanceOfMonth(t, length)
	}
	if by > 0 {
		return time.Date(year, monthNow, day+by, 0, 0, 0, 0, time.UTC)
	}
	if by := e.fields[hour].distance(t.Hour(), 24); by > 0 {
		return t.Truncate(time.Hour).Add(time.Duration(by) * time.Hour)
	}
	if by := e.fields[minute].distance(t.Minute(), 60); by > 0 {
		return t.Truncate(time.Minute).Add(time.Duration(by) * time.Minute)
	}
	if e.seconds {
		return t.Add(time.Duration(e.fields[second].distance(t.Second(), 60)) * time.Second)
	}
	return t
}

// distance returns how far the next matching value is, in a cycle of the given length. A value that the cycle
// does not reach, such as day 30 of February, leads beyond its end.
func (s set) distance(from, length int) int {
	if s.any || s.last && from == length {
		return 0
	}
	for _, value := range s.values {
		if value >= from {
			return value - from
		}
	}
	if s.last {
		return length - from
	}
	return s.values[0] - from + length
}

// distanceOfMonth returns how far the next day in e.nth of its month is, or the first day of the next month.
func (e *Expression) distanceOfMonth(t time.Time, length int) int {
	first := int(t.AddDate(0, 0, 1-t.Day()).Weekday())
	nearest := length + 1
	for day, ordinals := range e.nth {
		var dates []int
		for date := 1 + (day%7-first+7)%7; date <= length; date += 7 {
			dates = append(dates, date)
		}
		for _, n := range ordinals {
			if n == lastOfMonth {
				n = len(dates)
			}
			if n <= len(dates) && dates[n-1] >= t.Day() {
				nearest = min(nearest, dates[n-1])
			}
		}
	}
	return nearest - t.Day()
}

func daysIn(year int, m time.Month) int { return time.Date(year, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// Fires reports whether any time matches an expression: none matches the 31st of February.
func (e *Expression) Fires() bool {
	// Start a year before a leap year, so that everything in a leap year is near.
	_, found := e.Next(time.Date(1999, time.December, 31, 0, 0, 0, 0, time.UTC))
	return found
}
