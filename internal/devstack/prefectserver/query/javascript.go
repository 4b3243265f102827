package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The gateway is written in JavaScript and reads and writes every JSON that passes
// it: numbers become doubles and are written as JavaScript writes them.

// JavaScript gives the numbers of decoded JSON the values and the spelling that they have once the gateway has read
// them. It changes lists and objects in place.
func JavaScript(v any) any {
	switch x := v.(type) {
	case json.Number:
		text := number(x)
		if text == "null" {
			return nil
		}
		return json.Number(text)
	case []any:
		for i, e := range x {
			x[i] = JavaScript(e)
		}
	case map[string]any:
		for k, e := range x {
			x[k] = JavaScript(e)
		}
	}
	return v
}

// exactDigits is how many digits every double can hold.
const exactDigits = 15

// number spells a number as JSON.stringify does; what a double cannot hold is null.
func number(n json.Number) string {
	text := string(n)
	if len(text) <= exactDigits && isPlain(text) {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		return "null"
	case f == 0: // negative, too
		return "0"
	}
	raw, err := json.Marshal(f) // in ECMAScript's form
	if err != nil {
		return "null"
	}
	return string(raw)
}

// isPlain reports whether a text is a positive integer, which is already in its form.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// writeDocument writes the object of a jsonb column: PostgreSQL keeps keys by
// length, then by bytes.
func writeDocument(b *bytes.Buffer, document map[string]any) error {
	keys := slices.SortedFunc(maps.Keys(document), func(x, y string) int {
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeOther(b, key); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := write(b, document[key]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// What inspect leaves out: what is nested deeper than inspectedDepth lists and objects, and elements after
// inspectedElements.
const (
	inspectedDepth    = 2
	inspectedElements = 10
)

// inspect writes a value as the gateway's messages do. Of objects only the order of keys is lost: they are in
// alphabetical order.
func inspect(v any) string {
	var b strings.Builder
	inspectInto(&b, v, 1)
	return b.String()
}

func inspectInto(b *strings.Builder, v any, depth int) {
	switch x := v.(type) {
	case nil:
		b.WriteString("null")
	case string:
		var text bytes.Buffer
		_ = writeOther(&text, x) // text can always be written
		b.Write(text.Bytes())
	case []any:
		inspectList(b, x, depth)
	case map[string]any:
		inspectObject(b, x, depth)
	default:
		_, _ = fmt.Fprint(b, x)
	}
}

func inspectList(b *strings.Builder, list []any, depth int) {
	if len(list) > 0 && depth > inspectedDepth {
		b.WriteString("[Array]")
		return
	}
	b.WriteByte('[')
	for i, element := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == inspectedElements {
			if more := len(list) - i; more == 1 {
				b.WriteString("... 1 more item")
			} else {
				_, _ = fmt.Fprintf(b, "... %d more items", more)
			}
			break
		}
		inspectInto(b, element, depth+1)
	}
	b.WriteByte(']')
}

func inspectObject(b *strings.Builder, object map[string]any, depth int) {
	switch {
	case len(object) == 0:
		b.WriteString("{}")
		return
	case depth > inspectedDepth:
		b.WriteString("[Object]")
		return
	}
	for i, key := range slices.Sorted(maps.Keys(object)) {
		if i == 0 {
			b.WriteString("{ ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(key + ": ")
		inspectInto(b, object[key], depth+1)
	}
	b.WriteString(" }")
}
