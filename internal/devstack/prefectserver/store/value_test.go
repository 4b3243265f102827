package store_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func TestValue(t *testing.T) {
	t.Parallel()
	at := func(hour, minute, second, micro int) time.Time {
		return time.Date(2022, 1, 2, hour, minute, second, micro*1000, time.UTC)
	}
	const id = "01234567-89ab-cdef-0123-456789abcdef"
	cases := []struct {
		typ  schema.Type
		in   any
		want any // an error message if it starts with !
	}{
		{schema.UUID, id, id},
		{schema.UUID, "01234567-89AB-CDEF-0123-456789ABCDEF", id},
		{schema.UUID, "{0123456789abcdef0123456789abcdef}", "!invalid input syntax for type uuid: \"{0123456789abcdef0123456789abcdef}\""},
		{schema.UUID, "0123456789abcdef0123456789abcdef", id},
		{schema.UUID, 5, "!invalid input syntax for type uuid: \"5\""},
		{schema.Text, json.Number("5"), "5"},
		{schema.Text, "a\x00b", "!invalid byte sequence for encoding \"UTF8\": 0x00"},
		{schema.Integer, json.Number("5"), int64(5)},
		{schema.Integer, " 7 ", int64(7)},
		{schema.Integer, 2.0, int64(2)},
		{schema.Integer, 2.5, "!invalid input syntax for type integer: \"2.5\""},
		{schema.Integer, "99999999999999999999", "!value \"99999999999999999999\" is out of range for type integer"},
		{schema.Integer, true, "!invalid input syntax for type integer: \"true\""},
		{schema.Boolean, "yes", true},
		{schema.Boolean, "off", false},
		{schema.Boolean, "perhaps", "!invalid input syntax for type boolean: \"perhaps\""},
		{schema.Timestamp, "2022-01-02T03:04:05.123456+00:00", at(3, 4, 5, 123456)},
		{schema.Timestamp, "2022-01-02 03:04:05+01", at(2, 4, 5, 0)},
		{schema.Timestamp, "2022-01-02", at(0, 0, 0, 0)},
		{schema.Timestamp, at(1, 2, 3, 4).In(time.FixedZone("", 3600)), at(1, 2, 3, 4)},
		{schema.Timestamp, "epoch", time.Unix(0, 0).UTC()},
		{schema.Timestamp, "soon", "!invalid input syntax for type timestamp with time zone: \"soon\""},
		{schema.JSON, map[string]string{"a": "b"}, map[string]any{"a": "b"}},
		{schema.JSON, []int{1}, []any{json.Number("1")}},
		{schema.JSON, make(chan int), "!invalid input syntax for type json: json: unsupported type: chan int"},
		{schema.JSON, map[string]any{"a": []any{"\\u0000"}}, map[string]any{"a": []any{"\\u0000"}}},
		{schema.JSON, map[string]any{"a": []any{"b\x00"}}, "!unsupported Unicode escape sequence"},
		{schema.JSON, map[string]int{"\x00": 1}, "!unsupported Unicode escape sequence"},
		{schema.Interval, "90", "00:01:30"},
		{schema.Interval, 1.5 * 3600 * float64(time.Second), "!invalid input syntax for type interval: \"5.4e+12\""},
		{schema.Interval, 36*time.Hour + 1500*time.Millisecond, "36:00:01.5"},
		{schema.Interval, -time.Minute, "-00:01:00"},
		{schema.Interval, int64(60), "00:01:00"},
		{schema.Interval, "01:02:03", "01:02:03"},
		{schema.Interval, "", "!invalid input syntax for type interval: \"\""},
		{schema.Integer, nil, nil},
	}
	for _, c := range cases {
		got, err := store.Value(&schema.Column{Name: "c", Type: c.typ}, c.in)
		if message, ok := c.want.(string); ok && message != "" && message[0] == '!' {
			if !errors.Is(err, store.ErrData) || err.Error() != message[1:] {
				t.Errorf("%v: got %v, %v, want %s", c.in, got, err, message)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%v: %v %s", c.in, err, diff)
		}
	}
}

func TestEqualJSON(t *testing.T) {
	t.Parallel()
	number := func(s string) any { return json.Number(s) }
	cases := []struct {
		a, b any
		want bool
	}{
		{nil, nil, true},
		{nil, false, false},
		{number("1"), number("1.0"), true},
		{number("1e2"), number("100"), true},
		{number("9007199254740993"), number("9007199254740992"), false},
		{"1", number("1"), false},
		{[]any{"a", nil}, []any{"a", nil}, true},
		{[]any{"a"}, []any{"a", nil}, false},
		{map[string]any{"a": number("1")}, map[string]any{"a": number("1.0")}, true},
		{map[string]any{"a": nil}, map[string]any{"b": nil}, false},
	}
	for _, c := range cases {
		if got := store.EqualJSON(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: %t", c.a, c.b, got)
		}
	}
}
