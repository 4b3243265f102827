package prefect

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
)

// sameJSON compares two JSON texts by meaning: the Server's database keeps neither the order of keys nor the way a
// number was written. Nothing is the same as null.
func sameJSON(a, b json.RawMessage) bool {
	x, errX := decodeJSON(a)
	y, errY := decodeJSON(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// decodeJSON decodes with every number in one spelling.
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

// precision is in bits; more than any number that Python's floats distinguish.
const precision = 200

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
		if f, _, err := big.ParseFloat(v.String(), 10, precision, big.ToNearestEven); err == nil {
			return f.Text('g', -1)
		}
	}
	return v
}
