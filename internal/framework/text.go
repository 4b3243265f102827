package framework

import (
	"fmt"
	"strings"
)

// Capitalise makes the first letter of a text, if it is an ASCII one, a capital. A text that starts with the name of an
// attribute, such as use_msi, stays as it is.
func Capitalise(text string) string {
	if first, _, _ := strings.Cut(text, " "); text == "" || strings.Contains(first, "_") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Count is a number of things in words: "1 flow run", "2 flow runs".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Sentence ends a text as a sentence ends, so that errors read well in a
// diagnostic.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}
