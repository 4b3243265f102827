package serialization

import (
	"crypto/sha256"
	"sync"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/recent"
)

// rememberedText is how much JSON text to cache in decoded form, in bytes. A decoded document takes about ten
// times the size of its text.
const rememberedText = 16 << 20

// texts caches recently decoded texts by hash: Terraform passes the same document many times.
var texts = recent.New[[sha256.Size]byte, *decodedText](rememberedText)

// decodedText is a text with its decoded results. It is never modified.
type decodedText struct {
	value any
	err   error

	canonical func() ([sha256.Size]byte, error)

	mu    sync.Mutex
	flows map[string]parsedFlow // by the name that selects it
}

type parsedFlow struct {
	flow *Flow
	err  error
}

// decodeOnce decodes a text, or returns the cached result.
func decodeOnce(data []byte) *decodedText {
	return texts.Get(sha256.Sum256(data), len(data), func() *decodedText {
		t := &decodedText{flows: map[string]parsedFlow{}}
		t.value, t.err = Decode(data)
		t.canonical = sync.OnceValues(func() ([sha256.Size]byte, error) {
			if t.err != nil {
				return [sha256.Size]byte{}, t.err
			}
			text, err := Canonical(t.value)
			return sha256.Sum256(text), err
		})
		return t
	})
}

// Valid returns why a text is not JSON, as Decode does, or nil.
func Valid(text string) error { return decodeOnce([]byte(text)).err }

// SameText reports whether two texts are JSON with the same canonical form.
func SameText(a, b string) bool {
	if a == b {
		return true
	}
	left, errLeft := decodeOnce([]byte(a)).canonical()
	right, errRight := decodeOnce([]byte(b)).canonical()
	return errLeft == nil && errRight == nil && left == right
}

// flow returns the result of pick for a name, from the cache if possible.
func (t *decodedText) flow(name string, pick func(any, string) (*Flow, error)) (*Flow, error) {
	if t.err != nil {
		return nil, t.err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	parsed, found := t.flows[name]
	if !found {
		parsed.flow, parsed.err = pick(t.value, name)
		t.flows[name] = parsed
	}
	return parsed.flow, parsed.err
}
