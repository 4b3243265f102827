package serialization

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// maxDepth limits the nesting of a document. Python refuses documents nested deeper than about a thousand
// levels.
const maxDepth = 10000

// Decode reads one JSON text as Python's json.loads would, and keeps what encoding/json would lose: numbers stay
// json.Number with their own spelling, NaN and the infinities are accepted (as float64), the last of duplicate
// keys wins, and lone surrogates survive as their three-byte (WTF-8) encoding inside the Go string.
//
// The result is built from nil, bool, string, json.Number, float64 (NaN and infinities only), []any and
// map[string]any. A text that is not JSON yields a *SyntaxError.
func Decode(data []byte) (any, error) {
	d := &decoder{data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}
	d.space()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.pos < len(d.data) {
		return nil, d.fail("unexpected text after the end of the document")
	}
	return v, nil
}

type decoder struct {
	data []byte
	pos  int
}

func (d *decoder) fail(format string, args ...any) error {
	before := d.data[:min(d.pos, len(d.data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &SyntaxError{Offset: d.pos, Line: line, Column: column, Problem: fmt.Sprintf(format, args...)}
}

func (d *decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return
		}
	}
}

// literals are the words Python's decoder knows.
var literals = []struct {
	word  string
	value any
}{
	{"null", nil},
	{"true", true},
	{"false", false},
	{"NaN", math.NaN()},
	{"Infinity", math.Inf(1)},
	{"-Infinity", math.Inf(-1)},
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, d.fail("nested more than %d levels deep", maxDepth)
	}
	if d.pos >= len(d.data) {
		return nil, d.fail("a value was expected, but the text ends")
	}
	switch d.data[d.pos] {
	case '{':
		return d.object(depth)
	case '[':
		return d.array(depth)
	case '"':
		return d.text()
	}
	for _, l := range literals {
		if bytes.HasPrefix(d.data[d.pos:], []byte(l.word)) {
			d.pos += len(l.word)
			return l.value, nil
		}
	}
	return d.number()
}

func (d *decoder) object(depth int) (any, error) {
	out := map[string]any{}
	d.pos++
	d.space()
	if d.eat('}') {
		return out, nil
	}
	for {
		d.space()
		if d.pos >= len(d.data) || d.data[d.pos] != '"' {
			return nil, d.fail("a property name in double quotes was expected")
		}
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		d.space()
		if !d.eat(':') {
			return nil, d.fail("a colon was expected after a property name")
		}
		d.space()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out[key] = v
		d.space()
		if d.eat('}') {
			return out, nil
		}
		if !d.eat(',') {
			return nil, d.fail("a comma or the end of the object was expected")
		}
	}
}

func (d *decoder) array(depth int) (any, error) {
	out := []any{}
	d.pos++
	d.space()
	if d.eat(']') {
		return out, nil
	}
	for {
		d.space()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		d.space()
		if d.eat(']') {
			return out, nil
		}
		if !d.eat(',') {
			return nil, d.fail("a comma or the end of the array was expected")
		}
	}
}

func (d *decoder) eat(c byte) bool {
	if d.pos < len(d.data) && d.data[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) number() (any, error) {
	start := d.pos
	d.eat('-')
	if !d.eat('0') && d.digits() == 0 {
		d.pos = start
		return nil, d.fail("a value was expected")
	}
	// A fraction or an exponent counts only if it has digits, as in Python; the caller reports the rest as
	// unexpected text.
	if mark := d.pos; d.eat('.') && d.digits() == 0 {
		d.pos = mark
	}
	if mark := d.pos; d.eat('e') || d.eat('E') {
		if !d.eat('+') {
			d.eat('-')
		}
		if d.digits() == 0 {
			d.pos = mark
		}
	}
	return json.Number(d.data[start:d.pos]), nil
}

func (d *decoder) digits() int {
	start := d.pos
	for d.pos < len(d.data) && d.data[d.pos] >= '0' && d.data[d.pos] <= '9' {
		d.pos++
	}
	return d.pos - start
}

// text reads a string whose opening quote is at the current position.
func (d *decoder) text() (string, error) {
	d.pos++
	start := d.pos
	var out []byte // only used once an escape was met
	for d.pos < len(d.data) {
		c := d.data[d.pos]
		switch {
		case c == '"':
			rest := d.data[start:d.pos]
			d.pos++
			return string(append(out, rest...)), nil
		case c == '\\':
			out = append(out, d.data[start:d.pos]...)
			var err error
			if out, err = d.escape(out); err != nil {
				return "", err
			}
			start = d.pos
		case c < 0x20:
			return "", d.fail("the control character %#02x must be escaped inside a string", c)
		case c < utf8.RuneSelf:
			d.pos++
		default:
			size := runeSize(d.data[d.pos:])
			if size == 0 {
				return "", d.fail("the text is not UTF-8")
			}
			d.pos += size
		}
	}
	return "", d.fail("the text ends inside a string")
}

// runeSize is the length of the first character, counting an encoded surrogate as one as Python does, or 0.
func runeSize(b []byte) int {
	if r, size := utf8.DecodeRune(b); r != utf8.RuneError || size > 1 {
		return size
	}
	if _, ok := surrogate(b); ok {
		return 3
	}
	return 0
}

// surrogate reports whether b starts with the three-byte encoding of a surrogate code unit.
func surrogate[T []byte | string](b T) (uint16, bool) {
	if len(b) < 3 || b[0] != 0xed || b[1] < 0xa0 || b[1] > 0xbf || b[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | uint16(b[1]&0x3f)<<6 | uint16(b[2]&0x3f), true
}

var escapes = map[byte]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape appends the character of the escape sequence at the current position.
func (d *decoder) escape(out []byte) ([]byte, error) {
	if d.pos+1 >= len(d.data) {
		return nil, d.fail("the text ends inside a string")
	}
	c := d.data[d.pos+1]
	if plain, ok := escapes[c]; ok {
		d.pos += 2
		return append(out, plain), nil
	}
	if c != 'u' {
		return nil, d.fail("the escape \\%c does not exist", c)
	}
	unit, ok := hexUnit(d.data[d.pos:])
	if !ok {
		return nil, d.fail("\\u must be followed by four hexadecimal digits")
	}
	d.pos += 6
	if unit >= 0xd800 && unit < 0xdc00 {
		if low, ok := hexUnit(d.data[d.pos:]); ok && low >= 0xdc00 && low < 0xe000 {
			d.pos += 6
			return utf8.AppendRune(out, 0x10000+(rune(unit)-0xd800)<<10+rune(low)-0xdc00), nil
		}
	}
	return appendUnit(out, unit), nil
}

// appendUnit appends a UTF-16 code unit; a surrogate in three bytes, which utf8.AppendRune would refuse.
func appendUnit(out []byte, unit uint16) []byte {
	if unit >= 0xd800 && unit < 0xe000 {
		return append(out, 0xed, 0x80|byte(unit>>6)&0x3f, 0x80|byte(unit)&0x3f)
	}
	return utf8.AppendRune(out, rune(unit))
}

// hexUnit reads \uXXXX at the start of b.
func hexUnit(b []byte) (uint16, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var unit uint16
	for _, c := range b[2:6] {
		var digit byte
		switch {
		case c >= '0' && c <= '9':
			digit = c - '0'
		case c >= 'a' && c <= 'f':
			digit = c - 'a' + 10
		case c >= 'A' && c <= 'F':
			digit = c - 'A' + 10
		default:
			return 0, false
		}
		unit = unit<<4 | uint16(digit)
	}
	return unit, true
}
