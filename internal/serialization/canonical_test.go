package serialization

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestKeysOfRecordedFlows compares with the keys that `prefect register` of 1.4.1 sent.
func TestKeysOfRecordedFlows(t *testing.T) {
	t.Parallel()
	doc, err := ParseDocument(read(t, "flows.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Key      string `json:"key"`
		Labelled string `json:"key_with_label_extra"`
	}
	if err := json.Unmarshal(read(t, "flow-keys.json"), &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(doc.Flows) || len(want) == 0 {
		t.Fatalf("%d keys for %d flows", len(want), len(doc.Flows))
	}
	for _, flow := range doc.Flows {
		if err := flow.Validate(); err != nil {
			t.Errorf("%s: %v", flow.Name(), err)
		}
		plain, err := flow.WithLabels(nil).Key()
		if err != nil || plain != want[flow.Name()].Key {
			t.Errorf("%s: key %s, %v", flow.Name(), plain, err)
		}
		labelled, err := flow.WithLabels([]string{"extra"}).Key()
		if err != nil || labelled != want[flow.Name()].Labelled {
			t.Errorf("%s: key with label %s, %v", flow.Name(), labelled, err)
		}
	}
}

// TestPythonVectors compares with texts and keys that Python wrote (testdata/vectors.py).
func TestPythonVectors(t *testing.T) {
	t.Parallel()
	var vectors []struct{ Input, Output, Key, Error string }
	if err := json.Unmarshal(read(t, "vectors.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 100 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	for _, v := range vectors {
		decoded, err := Decode([]byte(v.Input))
		if v.Error != "" {
			if !errors.Is(err, ErrSyntax) {
				t.Errorf("%.80q: Python says %q, but %v", v.Input, v.Error, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%.80q: %v", v.Input, err)
			continue
		}
		got, err := Canonical(decoded)
		if err != nil || string(got) != v.Output {
			t.Errorf("%.80q:\n got %.200s (%v)\nwant %.200s", v.Input, got, err, v.Output)
		}
		if key, err := Key(decoded); err != nil || key != v.Key {
			t.Errorf("%.80q: key %s, %v", v.Input, key, err)
		}
	}
}

// TestCanonicalProperties: reading back and writing again changes nothing, and the order of keys is irrelevant.
func TestCanonicalProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "value")
		first, err := Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := Decode(first)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		second, err := Canonical(decoded)
		if err != nil || string(second) != string(first) {
			t.Fatalf("%s became %s (%v)", first, second, err)
		}
		// A JSON text in any order of keys and with other white space has the same canonical form.
		shuffled, err := Decode([]byte(scrambled(t, decoded)))
		if err != nil {
			t.Fatal(err)
		}
		third, err := Canonical(shuffled)
		if err != nil || string(third) != string(first) {
			t.Fatalf("%s became %s (%v)", first, third, err)
		}
	})
}

// scrambled writes a value with keys in random order and random white space.
func scrambled(t *rapid.T, v any) string {
	space := rapid.SampledFrom([]string{"", " ", "\n", "\t\r\n "}).Draw(t, "space")
	switch v := v.(type) {
	case map[string]any:
		keys := sorted(keysOf(v))
		if len(keys) > 0 {
			keys = rapid.Permutation(keys).Draw(t, "order")
		}
		members := make([]string, 0, len(keys))
		for _, k := range keys {
			members = append(members, string(appendString(nil, k))+space+":"+space+scrambled(t, v[k]))
		}
		return "{" + space + strings.Join(members, ","+space) + space + "}"
	case []any:
		elements := make([]string, 0, len(v))
		for _, e := range v {
			elements = append(elements, scrambled(t, e))
		}
		return "[" + strings.Join(elements, space+",") + "]" + space
	default:
		text, err := Canonical(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// anyValue generates what Decode can return.
func anyValue(depth int) *rapid.Generator[any] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "\x00", "\x7f", "\u2028", "<>&", "é漢😀", "\xed\xa0\x80", "a\"b\\c/", "\t\n\r\f\b",
	}))
	leaf := []*rapid.Generator[any]{ //nolint:prealloc // extended below, once
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		text.AsAny(),
		rapid.Float64().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?`),
			func(s string) any { return json.Number(s) }),
	}
	if depth == 0 {
		return rapid.OneOf(leaf...)
	}
	inner := anyValue(depth - 1)
	return rapid.OneOf(append(leaf,
		rapid.SliceOfN(inner, 0, 5).AsAny(),
		rapid.MapOfN(text, inner, 0, 5).AsAny())...)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
