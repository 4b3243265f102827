package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// jsonValue turns v into decoded JSON: nil, bool, string, json.Number, []any or
// map[string]any all the way down. What already is so is returned as it is.
func jsonValue(v any) (any, error) {
	if canonicalJSON(v) {
		return v, storable(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, &DataError{Message: fmt.Sprintf("invalid input syntax for type json: %v", err)}
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		return nil, &DataError{Message: fmt.Sprintf("invalid input syntax for type json: %v", err)}
	}
	return out, storable(out)
}

// storable refuses the one character that PostgreSQL cannot keep in JSON.
func storable(v any) error {
	const message = "unsupported Unicode escape sequence"
	switch x := v.(type) {
	case string:
		if strings.IndexByte(x, 0) >= 0 {
			return &DataError{Message: message}
		}
	case []any:
		for _, e := range x {
			if err := storable(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, e := range x {
			if strings.IndexByte(name, 0) >= 0 {
				return &DataError{Message: message}
			}
			if err := storable(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func canonicalJSON(v any) bool {
	switch x := v.(type) {
	case nil, bool, string, json.Number:
		return true
	case []any:
		for _, e := range x {
			if !canonicalJSON(e) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, e := range x {
			if !canonicalJSON(e) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// intervalValue keeps an interval in PostgreSQL's own form, hours, minutes and
// seconds, given that form, a number of seconds or a duration.
func intervalValue(v any) (any, error) {
	switch x := v.(type) {
	case time.Duration:
		return FormatInterval(x), nil
	case string:
		text := strings.TrimSpace(x)
		if parts := strings.Split(text, ":"); len(parts) == 3 || text == "" || strings.Contains(text, " ") {
			if text == "" {
				return nil, invalid("interval", v)
			}
			return text, nil
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, invalid("interval", v)
		}
		return FormatInterval(time.Duration(seconds * float64(time.Second))), nil
	case int64:
		return FormatInterval(time.Duration(x) * time.Second), nil
	case int:
		return FormatInterval(time.Duration(x) * time.Second), nil
	case json.Number:
		return intervalValue(string(x))
	default:
		return nil, invalid("interval", v)
	}
}

// FormatInterval writes a duration as PostgreSQL does, such as 00:01:30.
func FormatInterval(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	d = d.Round(time.Microsecond)
	out := fmt.Sprintf("%s%02d:%02d:%02d", sign, int64(d/time.Hour), int64(d/time.Minute)%60, int64(d/time.Second)%60)
	if fraction := int64(d/time.Microsecond) % 1_000_000; fraction != 0 {
		out += strings.TrimRight(fmt.Sprintf(".%06d", fraction), "0")
	}
	return out
}
