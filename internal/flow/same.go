package flow

import (
	"encoding/json"
	"math/big"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// sameFlow compares a flow that the Server stores with one that was to be sent.
// PostgreSQL writes numbers in a form of its own (1e2 becomes 100), and the
// edges of a flow that went up in parts are not in the stored form, so that the
// keys may differ though the flows are the same.
func sameFlow(stored, sent *serialization.Flow) bool {
	if storedKey, err := stored.Key(); err == nil {
		if sentKey, err := sent.Key(); err == nil && storedKey == sentKey {
			return true
		}
	}
	left, right := stored.Map(), sent.Map()
	if list, ok := left["edges"].([]any); ok && len(list) == 0 {
		delete(left, "edges")
		delete(right, "edges")
	}
	return sameValue(left, right)
}

// sameValue compares decoded JSON, numbers by value.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !sameValue(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number, float64:
		return sameNumber(a, b)
	}
	return a == b
}

// sameNumber compares whole numbers exactly and others as Python would read
// them.
func sameNumber(a, b any) bool {
	left, leftWhole := a.(json.Number)
	right, rightWhole := b.(json.Number)
	if leftWhole && rightWhole {
		i, iok := new(big.Int).SetString(left.String(), 10)
		j, jok := new(big.Int).SetString(right.String(), 10)
		if iok && jok {
			return i.Cmp(j) == 0
		}
	}
	x, xok := float(a)
	y, yok := float(b)
	return xok && yok && x == y
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case float64:
		return v, true
	}
	return 0, false
}
