package store

import (
	"cmp"
	"encoding/json"
	"math/big"
)

// CompareNumbers orders two JSON numbers by their exact value.
func CompareNumbers(a, b json.Number) int {
	x, okX := rational(a)
	y, okY := rational(b)
	if !okX || !okY {
		return cmp.Compare(a, b)
	}
	return x.Cmp(y)
}

// rational reads a number exactly. Exponents beyond any that JSON from Prefect
// carries are refused: their rational would be enormous.
func rational(n json.Number) (*big.Rat, bool) {
	if len(n) > 400 {
		return nil, false
	}
	if f, err := n.Float64(); err != nil || f > 1e308 || f < -1e308 {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}
