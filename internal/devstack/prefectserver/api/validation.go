package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The service reads documents through typed models, which convert what they can and
// report everything else at once. This file has the conversions and the wording.

const (
	problemMissing  = "field required (type=value_error.missing)"
	problemNone     = "none is not an allowed value (type=type_error.none.not_allowed)"
	problemString   = "str type expected (type=type_error.str)"
	problemDict     = "value is not a valid dict (type=type_error.dict)"
	problemList     = "value is not a valid list (type=type_error.list)"
	problemBool     = "value could not be parsed to a boolean (type=type_error.bool)"
	problemInteger  = "value is not a valid integer (type=type_error.integer)"
	problemDuration = "invalid duration format (type=value_error.duration)"
	problemSpan     = "invalid type; expected timedelta, string, bytes, int or float (type=type_error)"
)

// problems collects what is wrong with a document.
type problems struct {
	model string
	found []string
}

func (p *problems) add(place, problem string) {
	p.found = append(p.found, place+"\n  "+problem)
}

// err is nil if nothing is wrong.
func (p *problems) err() error {
	if len(p.found) == 0 {
		return nil
	}
	plural := "s"
	if len(p.found) == 1 {
		plural = ""
	}
	return fail(fmt.Sprintf("%d validation error%s for %s\n%s", len(p.found), plural, p.model, strings.Join(p.found, "\n")))
}

// record reads the fields of one object of a document.
type record struct {
	*problems

	place string // with which the places of its fields begin
	raw   map[string]any
}

func (r record) at(key string) string { return r.place + key }

// read converts a field. Where it is absent or null, the zero value stands for it; null
// is a problem unless it is allowed.
func read[T any](r record, key string, nullAllowed bool, convert func(any) (T, string)) T {
	var zero T
	value, present := r.raw[key]
	switch {
	case !present, value == nil && nullAllowed:
		return zero
	case value == nil:
		r.add(r.at(key), problemNone)
		return zero
	}
	converted, problem := convert(value)
	if problem != "" {
		r.add(r.at(key), problem)
		return zero
	}
	return converted
}

// text reads a text or null.
func (r record) text(key string) any {
	return read(r, key, true, func(value any) (any, string) { return textOf(value) })
}

// required reads a text that must be there.
func (r record) required(key string) string {
	if _, present := r.raw[key]; !present {
		r.add(r.at(key), problemMissing)
	}
	return read(r, key, false, textOf)
}

func (r record) flag(key string) bool { return read(r, key, false, flagOf) }

// dict reads an object or null.
func (r record) dict(key string) any {
	return read(r, key, true, func(value any) (any, string) {
		if entries, _ := entriesOf(value); entries != nil {
			return entries, ""
		}
		return nil, problemDict
	})
}

// texts reads a list of texts.
func (r record) texts(key string, nullAllowed bool) []any {
	items := read(r, key, nullAllowed, listOf)
	texts := make([]any, len(items))
	for i, item := range items {
		element := record{problems: r.problems, place: r.at(key) + " -> ", raw: map[string]any{strconv.Itoa(i): item}}
		texts[i] = read(element, strconv.Itoa(i), false, textOf)
	}
	return texts
}

// records reads a list of objects, each with parse.
func records[T any](r record, key string, parse func(record) T) []T {
	return eachRecord(r.problems, r.at(key), read(r, key, false, listOf), parse)
}

func eachRecord[T any](p *problems, place string, items []any, parse func(record) T) []T {
	parsed := make([]T, len(items))
	for i, item := range items {
		here := place + " -> " + strconv.Itoa(i)
		entries, _ := entriesOf(item)
		switch {
		case item == nil:
			p.add(here, problemNone)
		case entries == nil:
			p.add(here, problemDict)
		default:
			parsed[i] = parse(record{problems: p, place: here + " -> ", raw: entries})
		}
	}
	return parsed
}

func listOf(value any) ([]any, string) {
	items, ok := value.([]any)
	if !ok {
		return nil, problemList
	}
	return items, ""
}

// textOf takes numbers and truth values for how Python writes them.
func textOf(value any) (string, string) {
	switch typed := value.(type) {
	case string:
		return typed, ""
	case json.Number, bool:
		return repr(typed), ""
	}
	return "", problemString
}

// flagOf takes words and the numbers 0 and 1 for truth values, too.
func flagOf(value any) (bool, string) {
	switch typed := value.(type) {
	case bool:
		return typed, ""
	case json.Number:
		if number, err := typed.Float64(); err == nil && (number == 0 || number == 1) {
			return number == 1, ""
		}
	case string:
		switch word := strings.ToLower(typed); {
		case slices.Contains([]string{"1", "on", "t", "true", "y", "yes"}, word):
			return true, ""
		case slices.Contains([]string{"0", "off", "f", "false", "n", "no"}, word):
			return false, ""
		}
	}
	return false, problemBool
}

// integerOf cuts fractions off, and reads texts.
func integerOf(value any) (int64, string) {
	switch typed := value.(type) {
	case bool:
		return int64(b2i(typed)), ""
	case string:
		if number, err := strconv.ParseInt(strings.TrimSpace(typed), 10, 64); err == nil {
			return number, ""
		}
	case json.Number:
		if number, err := typed.Int64(); err == nil {
			return number, ""
		}
		if number, err := typed.Float64(); err == nil {
			return int64(math.Max(math.MinInt64, math.Min(number, math.MaxInt64))), ""
		}
	}
	return 0, problemInteger
}

var (
	clockDuration = regexp.MustCompile(`^(?:(-?\d+) (?:days?, )?)?(?:(?:(-?\d+):)?(-?\d+):)?(-?\d+)(?:\.(\d{1,6})\d*)?$`)
	isoDuration   = regexp.MustCompile(`^([-+]?)P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)
)

// durationOf reads seconds, clock time with optional days, and ISO 8601.
func durationOf(value any) (any, string) {
	written, ok := value.(string)
	if !ok {
		var seconds float64
		var err error
		switch typed := value.(type) {
		case json.Number:
			seconds, err = typed.Float64()
		case bool:
			seconds = float64(b2i(typed))
		default:
			return nil, problemSpan
		}
		if err != nil {
			return nil, problemDuration
		}
		return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond), ""
	}
	if parts := clockDuration.FindStringSubmatch(written); parts != nil {
		fraction := parts[5] + strings.Repeat("0", 6-len(parts[5]))
		total := amount(parts[1], 24*time.Hour) + amount(parts[2], time.Hour) + amount(parts[3], time.Minute) +
			amount(parts[4], time.Second)
		rest := amount(fraction, time.Microsecond)
		if strings.HasPrefix(parts[4], "-") {
			rest = -rest
		}
		return total + rest, ""
	}
	if parts := isoDuration.FindStringSubmatch(written); parts != nil {
		total := amount(parts[2], 24*time.Hour) + amount(parts[3], time.Hour) + amount(parts[4], time.Minute) +
			amount(parts[5], time.Second)
		if parts[1] == "-" {
			total = -total
		}
		return total, ""
	}
	return nil, problemDuration
}

// amount is a written number of units, none for the empty text.
func amount(written string, unit time.Duration) time.Duration {
	number, err := strconv.ParseFloat(written, 64)
	if err != nil {
		return 0
	}
	return time.Duration(math.Round(number * float64(unit)))
}

// entriesOf is Python's dict(value) of a JSON value: an object, or anything that is a
// sequence of pairs, such as the empty text. Otherwise it returns nil and what Python says.
func entriesOf(value any) (map[string]any, string) {
	var items []any
	switch typed := value.(type) {
	case map[string]any:
		return typed, ""
	case []any:
		items = typed
	case string:
		items = characters(typed)
	default:
		return nil, "'" + typeName(value) + "' object is not iterable"
	}
	entries := map[string]any{}
	for i, item := range items {
		element, ok := sequence(item)
		if !ok {
			return nil, fmt.Sprintf("cannot convert dictionary update sequence element #%d to a sequence", i)
		}
		if len(element) != 2 {
			return nil, fmt.Sprintf("dictionary update sequence element #%d has length %d; 2 is required", i, len(element))
		}
		key, problem := textOf(element[0])
		if problem != "" {
			return nil, "unhashable type: '" + typeName(element[0]) + "'"
		}
		entries[key] = element[1]
	}
	return entries, ""
}

// characters is what iterating over a text gives.
func characters(text string) []any {
	var all []any
	for _, character := range text {
		all = append(all, string(character))
	}
	return all
}

// sequence is what iterating over a JSON value gives.
func sequence(value any) ([]any, bool) {
	switch typed := value.(type) {
	case []any:
		return typed, true
	case string:
		return characters(typed), true
	case map[string]any:
		return jsonStrings(slices.Sorted(maps.Keys(typed))), true
	}
	return nil, false
}
