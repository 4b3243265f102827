package cron

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Expression is a parsed cron expression. Its times are wall-clock times without a time zone.
type Expression struct {
	fields [6]set // minute, hour, day of month, month, day of week, second
	// nth restricts weekdays to some of a month, by weekday (0 to 7).
	nth     map[int][]int
	seconds bool // there is a sixth field
	dayAnd  bool
}

// lastOfMonth means the last weekday of a month in Expression.nth.
const lastOfMonth = -1

// ErrSyntax means a text is not a cron expression.
var ErrSyntax = errors.New("not a cron expression")

// Error is what is wrong with an expression. It matches ErrSyntax.
type Error struct {
	Expression string
	// Problem is the clause after the colon, such as `the hour is 25, which is above 23`.
	Problem string
}

// Error is a clause without a full stop: `"0 25 * * *" is not a cron expression: the hour ...`.
func (e *Error) Error() string {
	return fmt.Sprintf("%q is not a cron expression: %s", e.Expression, e.Problem)
}

// Is makes errors.Is(err, ErrSyntax) true.
func (e *Error) Is(target error) bool { return target == ErrSyntax }

// Draw returns a random number from 0 up to but excluding n, for a random field. If n is negative, which an
// inverted range causes, it returns one from n, exclusive, to 0.
type Draw func(field, n int) int

var names = map[string]string{
	"@hourly": "0 * * * *", "@midnight": "0 0 * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// Parse reads an expression of five fields (minute, hour, day of month, month, day of week), an optional sixth (second),
// or a name such as `@daily`. Errors are *Error.
//
// croniter accepts some random fields, such as `r(50-70)`, only if it draws a number in range. Parse rejects
// them, because the next draw may fail.
func Parse(text string) (*Expression, error) {
	lowest := func(_, n int) int { return min(n+1, 0) }
	highest := func(_, n int) int { return max(n-1, 0) }
	if _, err := ParseDrawing(text, lowest); err != nil {
		return nil, err
	}
	if _, err := ParseDrawing(text, highest); err != nil {
		return nil, err
	}
	return ParseDrawing(text, func(_, n int) int {
		if n < 0 {
			return -rand.IntN(-n) //nolint:gosec // a schedule is no secret
		}
		return rand.IntN(n) //nolint:gosec // as above
	})
}

// ParseDrawing is Parse with a source of numbers for random fields.
func ParseDrawing(text string, draw Draw) (*Expression, error) {
	whole := lower(text)
	if full, found := names[whole]; found {
		whole = full
	}
	parts := strings.FieldsFunc(whole, isSpace)
	if len(parts) != 5 && len(parts) != 6 {
		return nil, &Error{Expression: text, Problem: wrongCount(whole, len(parts))}
	}
	e := &Expression{nth: map[int][]int{}, seconds: len(parts) == 6}
	for i, part := range parts {
		p := parser{unit: units[i], index: i, sixFields: e.seconds, set: map[int]bool{}, nth: e.nth}
		if err := p.field(part, draw); err != nil {
			return nil, &Error{Expression: text, Problem: err.Error()}
		}
		e.fields[i] = p.result()
	}
	if len(e.nth) > 0 {
		for _, day := range e.fields[weekday].values {
			if _, found := e.nth[day]; !found {
				return nil, &Error{Expression: text, Problem: "the day of week mixes weekdays of the month, such as 5#2 or l5, with plain ones; use only one kind"}
			}
		}
	}
	return e, nil
}

func wrongCount(whole string, count int) string {
	switch {
	case strings.HasPrefix(strings.TrimSpace(whole), "@"):
		return "the names are @hourly, @midnight, @daily, @weekly, @monthly, @yearly and @annually"
	case count == 1:
		return "it has one field"
	}
	return fmt.Sprintf("it has %d fields", count)
}

// RequireBothDays requires both the day of month and the day of week to match, where cron requires either.
func (e *Expression) RequireBothDays() { e.dayAnd = true }

// lower converts the letters that occur in names to lower case.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '\u212a': // the Kelvin sign
			return 'k'
		}
		return r
	}, text)
}

// set contains the values that one field allows.
type set struct {
	any    bool  // every value; then values and last are unused
	values []int // in ascending order
	last   bool  // also the last day of the month
}

func (p *parser) result() set {
	values := make([]int, 0, len(p.set))
	for v := range p.set {
		values = append(values, v)
	}
	slices.Sort(values)
	count := len(values)
	for _, word := range []bool{p.any, p.last} {
		if word {
			count++
		}
	}
	// croniter counts the items of a field, including "l", and treats the full count as all values.
	if count == p.unit.count {
		return set{any: true}
	}
	return set{any: p.any, values: values, last: p.last}
}
