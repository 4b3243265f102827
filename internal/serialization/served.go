package serialization

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
)

// SameServed compares decoded JSON as the Server returns it: its database does not keep the order of keys,
// and its gateway reads and writes every number as a double, so 1e2 comes back as 100.
func SameServed(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, SameServed)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, SameServed)
	case json.Number, float64:
		x, xok := double(a)
		y, yok := double(b)
		return xok && yok && x == y
	}
	return a == b
}

// SameServedText is SameServed for JSON texts. Text that is not JSON equals only itself; empty text equals
// null.
func SameServedText(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	left, errLeft := decodeText(a)
	right, errRight := decodeText(b)
	return errLeft == nil && errRight == nil && SameServed(left, right)
}

// IsNull reports whether JSON from the Server is null or missing.
func IsNull(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) == 0 || string(text) == "null"
}

// DecodeServed decodes JSON from the Server: nil for null, a missing value, or invalid JSON.
func DecodeServed(text []byte) any {
	value, err := decodeText(text)
	if err != nil {
		return nil
	}
	return value
}

func decodeText(text []byte) (any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil //nolint:nilnil // null is a value here
	}
	return Decode(text)
}

// NotKept returns which value of decoded JSON the Server would change, with a remedy; "" if none: an integer
// that is not a double, a number that is not finite, a text with NUL or half of a surrogate pair. Fractions
// lose at most the last of many digits, and are accepted.
func NotKept(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if problem := NotKept(key); problem != "" {
				return problem
			}
			if problem := NotKept(v[key]); problem != "" {
				return problem
			}
		}
	case []any:
		for _, one := range v {
			if problem := NotKept(one); problem != "" {
				return problem
			}
		}
	case string:
		if problems := Problems(storable("", v)); len(problems) > 0 {
			return fmt.Sprintf("%q: %s, which the Server's database cannot store. Remove it.", v, problems[0].Problem)
		}
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return beyond
		}
	case json.Number:
		if d, _ := v.Float64(); math.IsInf(d, 0) {
			return beyond
		}
		whole, ok := new(big.Int).SetString(v.String(), 10)
		if !ok {
			return ""
		}
		if double, exact := new(big.Float).SetInt(whole).Float64(); exact != big.Exact {
			return fmt.Sprintf("The Server stores numbers as doubles, so it would store %s instead of %s. "+
				"Use a string, which the flow can convert.", strconv.FormatFloat(double, 'f', -1, 64), v)
		}
	}
	return ""
}

func double(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	}
	return 0, false
}

// beyond is the advice for a number that is not a finite double.
const beyond = "A number is beyond the range of the Server's doubles, about 1.8e308. Use a string, which the flow can convert."

// storable returns why a value cannot be stored, or nil.
func storable(path string, v any) error {
	p := &problems{kind: ErrInvalidFlow}
	unstorable(p, path, v)
	return p.err()
}
