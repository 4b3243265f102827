package serialization

import (
	"crypto/sha256"
	"encoding/hex"
)

// Key is the idempotency key that `prefect register` computes: the hexadecimal SHA-256 of Canonical(v).
func Key(v any) (string, error) {
	text, err := Canonical(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Key returns the idempotency key of the flow as it is. `prefect register` computes it after merging labels,
// so the CLI's key is f.WithLabels(labels).Key(), even without labels.
func (f *Flow) Key() (string, error) {
	f.keyed.Do(func() { f.key, f.keyErr = Key(f.data) })
	return f.key, f.keyErr
}
