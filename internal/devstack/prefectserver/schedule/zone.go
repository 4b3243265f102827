package schedule

import (
	"fmt"
	"time"

	_ "time/tzdata" // zones must not depend on the machine
)

// LoadZone finds an IANA time zone by its name.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("time zone %q is not known", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q is not known: %w", name, err)
	}
	return zone, nil
}

// wall is the wall-clock reading of a time, held as if it were UTC.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// moments finds the moments at which a zone's clocks show a reading: one, two where clocks
// are set back (in order), none where they are set forward.
func moments(reading time.Time, zone *time.Location) []time.Time {
	var found []time.Time
	for _, around := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := reading.Add(around).In(zone).Zone()
		moment := reading.Add(-time.Duration(offset) * time.Second).In(zone)
		if wall(moment).Equal(reading) && (len(found) == 0 || !found[0].Equal(moment)) {
			found = append(found, moment)
		}
	}
	if len(found) == 2 && found[1].Before(found[0]) {
		found[0], found[1] = found[1], found[0]
	}
	return found
}

// firstMoment is the first moment of a reading; for one that clocks skip, the moment they
// are set forward. This is how cron clocks treat such readings.
func firstMoment(reading time.Time, zone *time.Location) time.Time {
	if found := moments(reading, zone); len(found) > 0 {
		return found[0]
	}
	start, _ := skippedTo(reading, zone).ZoneBounds()
	return start
}

// lastMoment is the last moment of a reading; one that clocks skip moves on by as much as
// they are set forward. This is how interval clocks treat such readings.
func lastMoment(reading time.Time, zone *time.Location) time.Time {
	if found := moments(reading, zone); len(found) > 0 {
		return found[len(found)-1]
	}
	return skippedTo(reading, zone)
}

// skippedTo reads a skipped reading with the offset from before the change.
func skippedTo(reading time.Time, zone *time.Location) time.Time {
	_, before := reading.Add(-24 * time.Hour).In(zone).Zone()
	return reading.Add(-time.Duration(before) * time.Second).In(zone)
}
