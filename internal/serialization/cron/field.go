package cron

import (
	"fmt"
	"math"
	"strings"
	"unicode"
)

// The positions of the fields.
const (
	minute = iota
	hour
	dayOfMonth
	month
	weekday
	second
)

// unit describes one field.
type unit struct {
	name     string
	min, max int
	count    int            // number of distinct values
	names    map[string]int // words for values
}

var units = [...]unit{
	minute:     {name: "minute", max: 59, count: 60},
	hour:       {name: "hour", max: 23, count: 24},
	dayOfMonth: {name: "day of month", min: 1, max: 31, count: 31},
	month:      {name: "month", min: 1, max: 12, count: 12, names: numbered(1, "jan feb mar apr may jun jul aug sep oct nov dec")},
	weekday:    {name: "day of week", max: 7, count: 7, names: numbered(0, "sun mon tue wed thu fri sat")},
	second:     {name: "second", max: 59, count: 60},
}

func numbered(first int, words string) map[string]int {
	out := map[string]int{}
	for i, word := range strings.Fields(words) {
		out[word] = first + i
	}
	return out
}

// parser reads one field.
type parser struct {
	unit      unit
	index     int
	sixFields bool

	set       map[int]bool
	any, last bool
	nth       map[int][]int
}

func (p *parser) field(text string, draw Draw) error {
	if drawn, random, err := p.random(text, draw); err != nil {
		return err
	} else if random {
		text = drawn
	}
	for item := range strings.SplitSeq(text, ",") {
		if err := p.item(item); err != nil {
			return err
		}
	}
	return nil
}

// item reads one item of a list: a value, a range, a step, or a weekday of the month.
func (p *parser) item(text string) error {
	if p.index == weekday {
		day, nth, found, err := p.ofMonth(text)
		if err != nil {
			return err
		}
		if found {
			value, err := p.value(day)
			if err != nil {
				return err
			}
			value = p.alias(value)
			p.set[value] = true
			p.nth[value] = append(p.nth[value], nth)
			return nil
		}
	}
	switch text {
	case "":
		return fmt.Errorf("the %s has an empty item, as in 1,,2 or a comma at its end", p.unit.name)
	case "*":
		p.any = true
		return nil
	case "l":
		if p.index == dayOfMonth {
			p.last = true
			return nil
		}
	}
	if strings.ContainsAny(text, "-/") {
		return p.span(text)
	}
	value, err := p.value(text)
	if err != nil {
		return err
	}
	return p.add(value)
}

// ofMonth reads 5#2 and l5. Anything after the number is ignored, as by croniter.
func (p *parser) ofMonth(text string) (day string, nth int, found bool, err error) {
	if rest, ok := strings.CutPrefix(text, "l"); ok && isNumber(rest) {
		return rest, lastOfMonth, true, nil
	}
	day, rest, found := strings.Cut(text, "#")
	if !found {
		return "", 0, false, nil
	}
	digits := leadingDigits(rest)
	if nth = number(digits); nth < 1 || nth > 5 {
		return "", 0, false, fmt.Errorf("the %s is %s; write # and a number from 1 to 5, such as 5#2 for the second Friday of the month", p.unit.name, text)
	}
	return day, nth, true, nil
}

// span reads 1-5, 1-5/2, 10/5 and */5.
func (p *parser) span(text string) error {
	body, step, err := p.step(text)
	if err != nil {
		return err
	}
	from, to, ranged := strings.Cut(body, "-")
	low, high := p.unit.min, p.unit.max
	if body != "*" {
		if low, err = p.value(from); err != nil {
			return err
		}
	}
	if ranged {
		if high, err = p.end(to); err != nil {
			return err
		}
	}
	if low > high {
		if p.index != weekday || to != "0" && to != "sun" {
			return fmt.Errorf("the %s has the range %s, which ends before it starts", p.unit.name, body)
		}
		high = 7 // Sunday, at the end of the week
	}
	for value := low; value <= high; value += step {
		if err := p.add(value); err != nil {
			return err
		}
	}
	return nil
}

// step splits off a step.
func (p *parser) step(text string) (body string, step int, err error) {
	body, digits, stepped := strings.Cut(text, "/")
	if !stepped {
		return text, 1, nil
	}
	if !isNumber(digits) || body == "" {
		return "", 0, fmt.Errorf("the %s is %s; write a step as in */5, 10/5 or 10-30/5", p.unit.name, text)
	}
	if step = number(digits); step == 0 {
		return "", 0, fmt.Errorf("the %s has the step 0; use 1 or more", p.unit.name)
	}
	return body, step, nil
}

// end reads the end of a range.
func (p *parser) end(text string) (int, error) {
	if p.index == dayOfMonth && text == "l" {
		return p.unit.max, nil
	}
	return p.value(text)
}

// value reads a number or a name.
func (p *parser) value(text string) (int, error) {
	if value, found := p.unit.names[text]; found {
		return value, nil
	}
	if !isNumber(text) {
		return 0, fmt.Errorf("the %s is %q; use %s", p.unit.name, text, p.choice())
	}
	value := number(text)
	if value > p.unit.max {
		return 0, fmt.Errorf("the %s is %s; use %s", p.unit.name, text, p.choice())
	}
	return value, nil
}

func (p *parser) choice() string {
	choice := fmt.Sprintf("%d to %d", p.unit.min, p.unit.max)
	switch p.index {
	case dayOfMonth:
		return choice + ", or l for the last day"
	case month:
		return choice + " or jan to dec"
	case weekday:
		return choice + " or sun to sat"
	}
	return choice
}

// add marks a value.
func (p *parser) add(value int) error {
	value = p.alias(value)
	if value < p.unit.min {
		return fmt.Errorf("the %s is %d; use %s", p.unit.name, value, p.choice())
	}
	p.set[value] = true
	return nil
}

// alias normalises a value with several spellings. With seconds, croniter shifts these exceptions by one.
func (p *parser) alias(value int) int {
	switch {
	case p.index == weekday && value == 7 && !p.sixFields:
		return 0
	case p.index == dayOfMonth && value == 0 && p.sixFields:
		return 1
	}
	return value
}

// isSpace reports whether Python splits at a character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// isDigit reports whether a character is a decimal digit of any script; Python reads them all.
func isDigit(r rune) bool { return unicode.Is(unicode.Nd, r) }

func isNumber(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !isDigit(r) })
}

func leadingDigits(text string) string {
	if end := strings.IndexFunc(text, func(r rune) bool { return !isDigit(r) }); end >= 0 {
		return text[:end]
	}
	return text
}

// number reads digits of any script; a number larger than any field is math.MaxInt32.
func number(digits string) int {
	value := 0
	for _, r := range digits {
		value = min(value*10+digit(r), math.MaxInt32)
	}
	return value
}

// digit returns the value of a decimal digit. Every script has its ten digits in sequence, and some scripts
// follow one another directly.
func digit(r rune) int {
	zero := r
	for isDigit(zero - 1) {
		zero--
	}
	return int(r-zero) % 10
}
