package serialization

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Canonical writes v exactly as Python's json.dumps(v, sort_keys=True) does: ", " and ": " as separators, keys in
// code point order, everything outside printable ASCII escaped (as surrogate pairs beyond U+FFFF), floats in
// Python's shortest notation, integers of any size.
//
// It accepts what Decode returns, and Go's own numbers, []string, map[string]string and *big.Int. A json.Number is
// a Python int when it has neither fraction nor exponent, else a float; a Go float64 is always a float (1 becomes
// 1.0). Another type is an error.
func Canonical(v any) ([]byte, error) {
	return appendValue(nil, v, 0)
}

func appendValue(out []byte, v any, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("serialization: nested more than %d levels deep", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case string:
		return appendString(out, v), nil
	case json.Number:
		return appendNumber(out, v)
	case map[string]any:
		return appendObject(out, v, depth)
	case []any:
		return appendArray(out, v, depth)
	case map[string]string:
		return appendObject(out, v, depth)
	case []string:
		return appendArray(out, v, depth)
	case *big.Int:
		return v.Append(out, 10), nil
	case float64:
		return appendFloat(out, v), nil
	case float32:
		return appendFloat(out, float64(v)), nil
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Append(out, v), nil
	default:
		return nil, fmt.Errorf("serialization: a value of type %T cannot be written as JSON", v)
	}
}

func appendObject[V any](out []byte, m map[string]V, depth int) ([]byte, error) {
	// The byte order of UTF-8, and of the three-byte surrogates, is the order of code points.
	keys := slices.Sorted(maps.Keys(m))
	out = append(out, '{')
	for i, k := range keys {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(appendString(out, k), ": "...)
		var err error
		if out, err = appendValue(out, m[k], depth+1); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func appendArray[V any](out []byte, list []V, depth int) ([]byte, error) {
	out = append(out, '[')
	for i, v := range list {
		if i > 0 {
			out = append(out, ", "...)
		}
		var err error
		if out, err = appendValue(out, v, depth+1); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for len(s) > 0 {
		c := s[0]
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
			s = s[1:]
		case c >= ' ' && c <= '~':
			out = append(out, c)
			s = s[1:]
		case c < utf8.RuneSelf:
			out = appendControl(out, c)
			s = s[1:]
		default:
			out, s = appendWide(out, s)
		}
	}
	return append(out, '"')
}

func appendControl(out []byte, c byte) []byte {
	switch c {
	case '\n':
		return append(out, `\n`...)
	case '\r':
		return append(out, `\r`...)
	case '\t':
		return append(out, `\t`...)
	case '\f':
		return append(out, `\f`...)
	case '\b':
		return append(out, `\b`...)
	default:
		return appendEscape(out, uint16(c))
	}
}

// appendWide writes the first, non-ASCII character of s and returns the rest of s.
func appendWide(out []byte, s string) ([]byte, string) {
	if unit, ok := surrogate(s); ok {
		return appendEscape(out, unit), s[3:]
	}
	r, size := utf8.DecodeRuneInString(s)
	if r < 0x10000 {
		return appendEscape(out, uint16(r)), s[size:] //nolint:gosec // r is below 0x10000
	}
	r -= 0x10000
	out = appendEscape(out, uint16(0xd800+r>>10))     //nolint:gosec // r is at most 0xfffff
	out = appendEscape(out, uint16(0xdc00+(r&0x3ff))) //nolint:gosec // ten bits
	return out, s[size:]
}

func appendEscape(out []byte, unit uint16) []byte {
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}

func appendNumber(out []byte, n json.Number) ([]byte, error) {
	text := string(n)
	if !json.Valid([]byte(text)) || text == "" || (text[0] != '-' && (text[0] < '0' || text[0] > '9')) {
		return nil, fmt.Errorf("serialization: %q is not a JSON number", text)
	}
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			text = "0" // Python's int has no negative zero
		}
		return append(out, text...), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, fmt.Errorf("serialization: %q is not a JSON number: %w", text, err)
	}
	return appendFloat(out, f), nil
}

// appendFloat writes f as Python's repr does: the shortest digits that read back as f, in positional notation
// from 0.0001 up to below 1e16, else with an exponent of at least two digits.
func appendFloat(out []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(out, "NaN"...)
	case math.IsInf(f, 1):
		return append(out, "Infinity"...)
	case math.IsInf(f, -1):
		return append(out, "-Infinity"...)
	}
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(out, f, 'e', -1, 64)
	}
	start := len(out)
	out = strconv.AppendFloat(out, f, 'f', -1, 64)
	if !slices.Contains(out[start:], '.') {
		out = append(out, ".0"...)
	}
	return out
}
