package framework

import (
	"fmt"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// Capitalise makes the first letter of a text upper case, if it is ASCII. A text that starts with an
// attribute name, such as use_msi, is unchanged.
func Capitalise(text string) string {
	if first, _, _ := strings.Cut(text, " "); text == "" || strings.Contains(first, "_") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Count is a number with its noun: "1 flow run", "2 flow runs".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Problem is the detail of a diagnostic about a document: where in it, what is wrong and the remedy. where is "" for the
// whole document.
func Problem(where string, problem *serialization.Error) string {
	text := Sentence(problem.Problem)
	if where != "" {
		text = "At " + where + ": " + text
	}
	if problem.Remedy != "" {
		text += "\n\n" + Sentence(problem.Remedy)
	}
	return text
}

// Sentence adds a full stop if the text does not end like a sentence, so that errors read well in a
// diagnostic.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}
