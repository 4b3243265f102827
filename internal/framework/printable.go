package framework

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes a text safe to show on a terminal: characters that would move the cursor, erase, colour,
// hide or reorder text are written as escapes, such as \x1b. New lines and tabs stay; Windows line endings
// become new lines.
func Printable(text string) string {
	if !strings.ContainsFunc(text, hides) && utf8.ValidString(text) {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case !hides(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	return b.String()
}

// hides reports whether a character has an effect other than being visible. Joiners are allowed: some
// languages and emoji need them.
func hides(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	switch r {
	case '\n', '\t', nonJoiner, joiner:
		return false
	default:
		return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}
}

const (
	// longestLine and longestText limit a message, in bytes. A log line or a pod's message can have megabytes.
	longestLine = 4 << 10
	longestText = 64 << 10
	// longestEnd is how much of the end of a long text stays, where the advice is.
	longestEnd = 8 << 10
)

// Bounded shortens a text that nobody could read: lines of more than 4 KiB, and texts of more than 64 KiB, of which the
// beginning and the end stay. It says how much it left out.
func Bounded(text string) string {
	if len(text) <= longestLine {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if len(line) > longestLine {
			kept := strings.ToValidUTF8(line[:longestLine], "")
			lines[i] = fmt.Sprintf("%s ... (%d more bytes)", kept, len(line)-len(kept))
		}
	}
	text = strings.Join(lines, "\n")
	if len(text) <= longestText {
		return text
	}
	head, tail := strings.ToValidUTF8(text[:longestText-longestEnd], ""), strings.ToValidUTF8(text[len(text)-longestEnd:], "")
	return fmt.Sprintf("%s\n... (%d bytes left out) ...\n%s", head, len(text)-len(head)-len(tail), tail)
}

// Shown makes a text from outside ready for a diagnostic: [Printable] and [Bounded].
func Shown(text string) string { return Bounded(Printable(text)) }
