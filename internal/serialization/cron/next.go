package cron

import (
	"time"
)

// searchYears is how many years ahead a time is looked for.
const searchYears = 50

// Next returns the next reading of the wall clock after another one, both held as UTC times; false if there is none within
// 50 years. Fractions of a second are ignored.
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
	// The days of either field count, and both fields must have some.
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

// search moves t forward, field by field from the month to the second, until all of them fit. It starts over after every
// move.
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

// move is the first move from t towards a time that fits; t itself if it fits.
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

// distance is how far it is from a value to the next that fits, in a cycle of a length. A value that the cycle does not
// reach, such as day 30 of February, leads beyond its end.
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

// distanceOfMonth is how far it is from a day to the next of e.nth in its month, or to the first day of the next month.
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

// Fires reports whether an expression has any time at all: the 31st of February has none.
func (e *Expression) Fires() bool {
	// From a year before a leap year, so that nothing that a leap year has is far.
	_, found := e.Next(time.Date(1999, time.December, 31, 0, 0, 0, 0, time.UTC))
	return found
}
