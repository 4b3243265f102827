package prefect

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// sameJSON compares two JSON texts by what the Server gives back of them: its database keeps neither the order of keys nor
// the way a number was written, and its gateway reads every number as a double. Nothing is the same as null.
func sameJSON(a, b json.RawMessage) bool {
	x, errX := decodeJSON(a)
	y, errY := decodeJSON(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// decodeJSON decodes with every number as a double, in one spelling.
func decodeJSON(text []byte) (any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil //nolint:nilnil // null is a value here
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err //nolint:wrapcheck // compared with nil only
	}
	return normalNumbers(v), nil
}

func normalNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, one := range v {
			v[key] = normalNumbers(one)
		}
	case []any:
		for i, one := range v {
			v[i] = normalNumbers(one)
		}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return v
}
