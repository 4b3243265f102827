package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
)

// Value turns v into what a column of that type holds (see Row). Strings are
// parsed where the type is not text, as PostgreSQL does with its input. The
// error is a *DataError.
func Value(c *schema.Column, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch c.Type {
	case schema.UUID:
		return uuidValue(v)
	case schema.Text:
		return textValue(c, v)
	case schema.Interval:
		return intervalValue(v)
	case schema.Integer:
		return integerValue(v)
	case schema.Boolean:
		return booleanValue(v)
	case schema.Timestamp:
		return timestampValue(v)
	case schema.JSON:
		return jsonValue(v)
	default:
		return nil, &DataError{Message: fmt.Sprintf("column %q has no type", c.Name)}
	}
}

func invalid(typ string, v any) error {
	text := fmt.Sprint(v)
	switch v.(type) {
	case []any, map[string]any:
		if raw, err := json.Marshal(v); err == nil {
			text = string(raw)
		}
	}
	return &DataError{Message: fmt.Sprintf("invalid input syntax for type %s: \"%s\"", typ, text)}
}

func uuidValue(v any) (any, error) {
	if u, ok := v.(uuid.UUID); ok {
		return u.String(), nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, invalid("uuid", v)
	}
	if canonicalUUID(s) {
		return s, nil
	}
	u, err := uuid.Parse(strings.TrimSpace(s))
	if err != nil {
		return nil, invalid("uuid", v)
	}
	return u.String(), nil
}

// canonicalUUID saves parsing and formatting what is already in the form kept.
func canonicalUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

func textValue(c *schema.Column, v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		s = fmt.Sprint(v)
	}
	if c.MaxLength > 0 && utf8.RuneCountInString(s) > c.MaxLength {
		return nil, &DataError{Message: fmt.Sprintf("value too long for type character varying(%d)", c.MaxLength)}
	}
	if strings.IndexByte(s, 0) >= 0 {
		return nil, &DataError{Message: `invalid byte sequence for encoding "UTF8": 0x00`}
	}
	return s, nil
}

func integerValue(v any) (any, error) {
	var n int64
	switch x := v.(type) {
	case int64:
		n = x
	case int:
		n = int64(x)
	case int32:
		n = int64(x)
	case float64:
		if x != math.Trunc(x) {
			return nil, invalid("integer", v)
		}
		n = int64(x)
	case json.Number:
		return integerValue(string(x))
	case string:
		parsed, err := strconv.ParseInt(strings.TrimSpace(x), 10, 64)
		if err != nil {
			if errors.Is(err, strconv.ErrRange) {
				return nil, outOfRange(x)
			}
			return nil, invalid("integer", v)
		}
		n = parsed
	default:
		return nil, invalid("integer", v)
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return nil, outOfRange(strconv.FormatInt(n, 10))
	}
	return n, nil
}

func outOfRange(s string) error {
	return &DataError{Message: fmt.Sprintf("value %q is out of range for type integer", s)}
}

func booleanValue(v any) (any, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "t", "true", "y", "yes", "on", "1":
			return true, nil
		case "f", "false", "n", "no", "off", "0":
			return false, nil
		}
	}
	return nil, invalid("boolean", v)
}

// timestampLayouts are the ways in which clients write a moment. Go accepts a
// fraction after the seconds of any of them.
var timestampLayouts = [...]string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05-07", "2006-01-02T15:04:05-07",
	"2006-01-02T15:04:05-0700", "2006-01-02 15:04:05-0700", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", "20060102T150405Z07:00", "20060102T150405", "20060102",
}

// ParseTime reads a moment in the forms that Prefect's clients send. Without an offset it is UTC; otherwise the
// offset is kept, because responses that echo the time show it.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range timestampLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil && t.Year() > 0 { // there is no year 0
			return t.Round(time.Microsecond), nil
		}
	}
	return time.Time{}, invalid("timestamp with time zone", s)
}

func timestampValue(v any) (any, error) {
	switch x := v.(type) {
	case time.Time:
		return stamp(x), nil
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "now":
			return stamp(time.Now()), nil
		case "epoch":
			return time.Unix(0, 0).UTC(), nil
		}
		t, err := ParseTime(x)
		return stamp(t), err
	default:
		return nil, invalid("timestamp with time zone", v)
	}
}
