package pyyaml_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/pyyaml"
)

// Package interop compares many more texts with the real PyYAML.
func TestValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[1e9, -.5, 08, y, 0o644, 12:30, no, 012, 1_000, .5, 1.]":     `["1e9", "-.5", "08", "y", "0o644", 750, false, 10, 1000, 0.5, 1.0]`,
		"a: &x {b: 1, c: 1}\nd:\n  <<: *x\n  c: 2\n":                  `{"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 2}}`,
		`{"a": 1e9, "b": "\/\ud83d\ude00", "c": 1.5, "d": 2}`:         `{"a": "1e9", "b": "/\ud83d\ude00", "c": 1.5, "d": 2}`,
		"a: 18446744073709551616\nb: !!str 12\nc: ~\nd: 190:20:30.15": `{"a": 18446744073709551616, "b": "12", "c": null, "d": 685230.15}`,
		"": "null",
	} {
		value, err := pyyaml.Load([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, _ := serialization.Canonical(value); string(got) != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1\n---\nb: 2\n":     "a second document",
		"a:\n  b: 2024-01-02\n": `at a.b (line 2): 2024-01-02 is a date, which JSON does not have; write "2024-01-02"`,
		"a: [!!binary aGk=]":    "at a[0] (line 1): JSON has no values of the type !!binary",
		"true: x":               `the key true is not a string; write "true"`,
		"a: 1\na: 2\n":          `the key "a" occurs twice`,
		"a: !x 1":               "the tag !x is unknown",
		"&a [*a]":               "a value that contains it",
		"a:\t1":                 "a tab",
		"[a:, b]":               "ends with a colon",
		"a: [":                  "line 1",
		"a: !!int x":            `"x" is not a value of the type !!int`,
		"a: &a [x,x,x,x,x,x,x,x]\n" + strings.Join([]string{
			"b: &b [*a,*a,*a,*a,*a,*a,*a,*a]", "c: &c [*b,*b,*b,*b,*b,*b,*b,*b]", "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]",
			"e: &e [*d,*d,*d,*d,*d,*d,*d,*d]", "f: &f [*e,*e,*e,*e,*e,*e,*e,*e]", "g: [*f,*f,*f,*f,*f,*f,*f,*f]",
		}, "\n"): "aliases expand",
	} {
		if _, err := pyyaml.Load([]byte(text)); !errors.Is(err, pyyaml.ErrYAML) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}
