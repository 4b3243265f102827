package schedule

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// recurrenceClock fires when iCalendar recurrence rules say so, and on extra dates, except
// when other rules or dates take the time away.
type recurrenceClock struct {
	rules, except      []*rrule.RRule
	dates, exceptDates []time.Time
	start, end         *time.Time
}

// recurrenceLimit is how many occurrences are looked at for one answer: rules count from
// their own start, which may be long ago.
const recurrenceLimit = 1_000_000

// defaultRuleStart is where rules without a start begin.
var defaultRuleStart = time.Date(2018, 6, 20, 0, 0, 0, 0, time.UTC)

func (c *recurrenceClock) times(after time.Time) iter.Seq[time.Time] {
	inclusive := false
	if c.start != nil && after.Before(*c.start) {
		after, inclusive = *c.start, true
	}
	return func(yield func(time.Time) bool) {
		occurrences, taken := newMerge(c.rules, c.dates), newMerge(c.except, c.exceptDates)
		for range recurrenceLimit {
			moment, ok := occurrences.next()
			if !ok || c.end != nil && moment.After(*c.end) {
				return
			}
			if taken.contains(moment) || moment.Before(after) || moment.Equal(after) && !inclusive {
				continue
			}
			if !yield(moment) {
				return
			}
		}
	}
}

// merge gives the times of several rules and of a list, in order, each once.
type merge struct {
	heads []time.Time
	pulls []rrule.Next
	last  time.Time
}

func newMerge(rules []*rrule.RRule, dates []time.Time) *merge {
	m := &merge{}
	for _, rule := range rules {
		m.add(rule.Iterator())
	}
	rest := slices.SortedFunc(slices.Values(dates), time.Time.Compare)
	m.add(func() (time.Time, bool) {
		if len(rest) == 0 {
			return time.Time{}, false
		}
		first := rest[0]
		rest = rest[1:]
		return first, true
	})
	return m
}

func (m *merge) add(next rrule.Next) {
	if head, ok := next(); ok {
		m.heads, m.pulls = append(m.heads, head), append(m.pulls, next)
	}
}

// first is the index of the earliest head, -1 when nothing is left.
func (m *merge) first() int {
	first := -1
	for i, head := range m.heads {
		if first < 0 || head.Before(m.heads[first]) {
			first = i
		}
	}
	return first
}

func (m *merge) advance(index int) {
	if head, ok := m.pulls[index](); ok {
		m.heads[index] = head
		return
	}
	m.heads, m.pulls = slices.Delete(m.heads, index, index+1), slices.Delete(m.pulls, index, index+1)
}

func (m *merge) next() (time.Time, bool) {
	for {
		first := m.first()
		if first < 0 {
			return time.Time{}, false
		}
		moment := m.heads[first]
		m.advance(first)
		if moment.Equal(m.last) {
			continue
		}
		m.last = moment
		return moment, true
	}
}

// contains reports whether a time is among those to come, which must be asked in order.
func (m *merge) contains(moment time.Time) bool {
	for first := m.first(); first >= 0 && m.heads[first].Before(moment); first = m.first() {
		m.advance(first)
	}
	first := m.first()
	return first >= 0 && m.heads[first].Equal(moment)
}

func parseRecurrenceClock(document map[string]any, start, end *time.Time) (clock, error) {
	object, ok := document["rrule_obj"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: no recurrence rule", ErrInvalid)
	}
	c := &recurrenceClock{start: start, end: end}
	switch object["type"] {
	case "rrule":
		rule, err := parseRule(object)
		c.rules = append(c.rules, rule)
		return c, err
	case "rruleset":
		return c, c.parseSet(object)
	}
	return nil, fmt.Errorf("%w: recurrence type %v", ErrInvalid, object["type"])
}

func (c *recurrenceClock) parseSet(set map[string]any) error {
	for key, target := range map[string]*[]*rrule.RRule{"_rrule": &c.rules, "_exrule": &c.except} {
		items, _ := set[key].([]any)
		for _, item := range items {
			document, _ := item.(map[string]any)
			rule, err := parseRule(document)
			if err != nil {
				return err
			}
			*target = append(*target, rule)
		}
	}
	for key, target := range map[string]*[]time.Time{"_rdate": &c.dates, "_exdate": &c.exceptDates} {
		items, _ := set[key].([]any)
		for _, item := range items {
			text, _ := item.(string)
			date, err := parseOffset(text)
			if err != nil {
				return err
			}
			*target = append(*target, date)
		}
	}
	return nil
}

// parseRule reads the RRULE line of the text; its start and end are beside the text,
// because there they keep their offset.
func parseRule(document map[string]any) (*rrule.RRule, error) {
	text, _ := document["rr"].(string)
	options := &rrule.ROption{}
	for line := range strings.Lines(text) {
		value, found := strings.CutPrefix(strings.TrimSpace(line), "RRULE:")
		if !found {
			continue
		}
		var err error
		if options, err = rrule.StrToROption(value); err != nil {
			return nil, fmt.Errorf("%w: recurrence rule %q: %w", ErrInvalid, value, err)
		}
	}
	options.Dtstart = defaultRuleStart
	for key, target := range map[string]*time.Time{"_dtstart": &options.Dtstart, "_until": &options.Until} {
		value, given := document[key].(string)
		if !given {
			continue
		}
		date, err := parseOffset(value)
		if err != nil {
			return nil, err
		}
		*target = date
	}
	rule, err := rrule.NewRRule(*options)
	if err != nil {
		return nil, fmt.Errorf("%w: recurrence rule %q: %w", ErrInvalid, text, err)
	}
	return rule, nil
}

// parseOffset reads a timestamp that keeps its offset; without one it is UTC.
func parseOffset(text string) (time.Time, error) {
	if moment, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return moment, nil
	}
	return parseNaive(text, time.UTC)
}
