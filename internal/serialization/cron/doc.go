// Package cron is the grammar of the cron expressions that Prefect 1 understands, and the times they name. Prefect leaves
// both to the Python library croniter; this package accepts, refuses and computes exactly what croniter 1.3.7 does, which
// is of the release's own age. `make interop` compares the two over tens of thousands of generated expressions.
//
// The dialect differs from that of crontab, and from that of every Go library: an optional sixth field counts seconds, a
// range of weekdays may end with Sunday (`sat-sun`), "l" is the last day of a month, `5#2` and `l5` are the second and
// the last Friday, `r` is drawn at random, and `?`, which other dialects know, is refused. `h` needs an identifier to
// hash, which Prefect does not give, so that it is refused, too.
//
// Some results are surprising, and kept because a Server has them. The search for the next time jumps from day to day,
// so that `0 0 1,30 * *` misses the 1st of March after a February of 28 days. With a sixth field, 7 is not Sunday but
// no day at all, and day 0 is day 1. A day of the month says nothing beside a weekday of the month.
package cron
