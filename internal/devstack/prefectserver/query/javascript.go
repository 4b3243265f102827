package query

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
)

// The gateway is written in JavaScript and reads and writes every JSON that passes
// it: numbers become doubles and are written as JavaScript writes them.

// JavaScript gives the numbers of decoded JSON the values and the spelling that they
// have once the gateway has read them. It changes lists and objects in place.
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
