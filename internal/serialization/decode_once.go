package serialization

import (
	"crypto/sha256"
	"sync"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/recent"
)

// rememberedText is how much JSON text may have its decoded form kept, in bytes. Decoded, a document takes about ten times
// its text.
const rememberedText = 16 << 20

// texts are the texts that were decoded last, by their hash: Terraform hands the same document over many times.
var texts = recent.New[[sha256.Size]byte, *decodedText](rememberedText)

// decodedText is a text with what was made of it. Nothing of it is ever changed.
type decodedText struct {
	value any
	err   error

	canonical func() ([sha256.Size]byte, error)

	mu    sync.Mutex
	flows map[string]parsedFlow // by the name that picks it
}

type parsedFlow struct {
	flow *Flow
	err  error
}

// decodeOnce decodes a text, or returns what it is known to hold.
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

// Valid reports what keeps a text from being JSON, as Decode does.
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

// flow is what pick makes of the text for a name.
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
