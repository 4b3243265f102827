// Package cron implements the cron expressions that Prefect 1 understands. Prefect uses the Python library
// croniter; this package accepts, rejects and computes exactly what croniter 1.3.7 does, the version current
// at Prefect's last release. `make interop` compares the two over tens of thousands of generated expressions.
//
// The dialect differs from crontab's, and from that of every Go library: an optional sixth field counts
// seconds, a range of weekdays may end with Sunday (`sat-sun`), "l" is the last day of a month, `5#2` and
// `l5` are the second and the last Friday, `r` is drawn at random, and `?`, which other dialects know, is
// rejected. `h` needs an identifier to hash, which Prefect does not provide, so it is rejected too.
//
// Some results are surprising, and are kept because a Server computes them too. The search for the next time
// jumps from day to day, so `0 0 1,30 * *` misses the 1st of March after a February of 28 days. With a sixth
// field, 7 is not Sunday but no day at all, and day 0 is day 1. A day of the month has no effect beside a
// weekday of the month.
package cron
