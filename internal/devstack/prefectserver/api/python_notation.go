package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// The service is written in Python, and its notation shows in messages, keys and timestamps. This file has the parts
// that clients can see.

// pair is one entry of a dict whose order matters.
type pair struct {
	key   string
	value any
}

// repr is Python's repr() of a JSON value; []pair is a dict in that order.
func repr(value any) string {
	switch typed := value.(type) {
	case nil:
		return "None"
	case bool:
		if typed {
			return "True"
		}
		return "False"
	case string:
		return reprString(typed)
	case json.Number:
		return typed.String()
	case int64:
		return strconv.FormatInt(typed, 10)
	case []any:
		items := make([]string, len(typed))
		for i, item := range typed {
			items[i] = repr(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []pair:
		items := make([]string, len(typed))
		for i, item := range typed {
			items[i] = reprString(item.key) + ": " + repr(item.value)
		}
		return "{" + strings.Join(items, ", ") + "}"
	case map[string]any:
		ordered := make([]pair, 0, len(typed))
		for key, item := range typed {
			ordered = append(ordered, pair{key, item})
		}
		slices.SortFunc(ordered, func(x, y pair) int { return strings.Compare(x.key, y.key) })
		return repr(ordered)
	}
	return fmt.Sprint(value)
}

func reprString(value string) string {
	quote := "'"
	if strings.Contains(value, "'") && !strings.Contains(value, `"`) {
		quote = `"`
	}
	escape := strings.NewReplacer(`\`, `\\`, quote, `\`+quote, "\n", `\n`, "\r", `\r`, "\t", `\t`)
	return quote + escape.Replace(value) + quote
}

// typeName is the name of the Python type that a JSON value is decoded to.
func typeName(value any) string {
	switch typed := value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case []any:
		return "list"
	case map[string]any:
		return "dict"
	case json.Number:
		if strings.ContainsAny(typed.String(), ".eE") {
			return "float"
		}
	}
	return "int"
}

// noAttribute is what reading an attribute of the wrong thing raises.
func noAttribute(value any, attribute string) error {
	return fail(fmt.Sprintf("'%s' object has no attribute '%s'", typeName(value), attribute))
}

// isoFormat is datetime.isoformat(): microseconds only when there are any.
func isoFormat(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.Format("2006-01-02T15:04:05.000000-07:00")
}

// isoNaive is isoFormat without the offset.
func isoNaive(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04:05.000000")
}

// naive is the zone of times that were written without an offset: UTC, and written without
// an offset again.
var naive = time.FixedZone("", 0)

// writeTime is datetime.isoformat() of a time that was read.
func writeTime(t time.Time) string {
	if t.Location() == naive {
		return isoNaive(t)
	}
	return isoFormat(t)
}

// parseTime reads an ISO 8601 timestamp; without an offset it is naive.
func parseTime(value string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04"} {
		if parsed, err := time.ParseInLocation(layout, value, naive); err == nil {
			return parsed, true
		}
		if parsed, err := time.Parse(layout+"Z07:00", value); err == nil {
			return parsed, true
		}
	}
	return time.Time{}, false
}

// dumps is json.dumps(value) with sorted keys. The API only measures it or takes its
// characters in order, so the order of keys does not matter.
func dumps(value any) string {
	text, err := serialization.Canonical(value)
	if err != nil {
		return "" // only values that never were JSON
	}
	return string(text)
}

// sizeOf is sys.getsizeof(json.dumps(value)): the object header and the characters.
func sizeOf(value any) int { return 49 + len(dumps(value)) }

// sortValues is list.sort(): texts by code point, numbers by value, nothing else and no
// mixture.
func sortValues(items []any) error {
	var failure error
	slices.SortStableFunc(items, func(x, y any) int {
		xText, xIsText := x.(string)
		yText, yIsText := y.(string)
		if xIsText && yIsText {
			return strings.Compare(xText, yText)
		}
		xNumber, xErr := strconv.ParseFloat(numeral(x), 64)
		yNumber, yErr := strconv.ParseFloat(numeral(y), 64)
		if xErr != nil || yErr != nil {
			failure = cmp.Or(failure, fail(fmt.Sprintf("'<' not supported between instances of '%s' and '%s'", typeName(x), typeName(y))))
			return 0
		}
		return cmp.Compare(xNumber, yNumber)
	})
	return failure
}

// numeral is how a value that counts as a number is written, "" for others.
func numeral(value any) string {
	switch typed := value.(type) {
	case json.Number:
		return typed.String()
	case bool:
		return strconv.Itoa(b2i(typed))
	}
	return ""
}
