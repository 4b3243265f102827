package framework_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"plain":        "plain",
		"two\n\tlines": "two\n\tlines",
		"Grüße, 日本語, 👩‍🚀, שלום":          "Grüße, 日本語, 👩‍🚀, שלום",
		"\x1b[2J\x1b[32mApply complete!": `\x1b[2J\x1b[32mApply complete!`,
		"failed\rok    ":                 `failed\x0dok    `,
		"windows\r\nlines":               "windows\nlines",
		"a\x00b\x07\x08\x7f":             `a\x00b\x07\x08\x7f`,
		"\u009b31m":                      `\u009b31m`,
		"abc\u202egnp.exe":               `abc\u202egnp.exe`,
		"\u2066x\u2069\u200e\u061c":      `\u2066x\u2069\u200e\u061c`,
		"a\u2028b\u2029c\ufeff":          `a\u2028b\u2029c\ufeff`,
		"bad \xff\xfe\xc3( end":          `bad \xff\xfe\xc3( end`,
		"\ufffd stays":                   "\ufffd stays",
		"hidden \u200b here":             `hidden \u200b here`,
	} {
		if got := framework.Printable(given); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given string
		// most is how long it may be, and has what it must contain; both are the given text's if it is to stay.
		most int
		has  []string
	}{
		"short":      {"two\nlines", 9, []string{"two\nlines"}},
		"many lines": {strings.Repeat("line\n", 10_000), 50_000, []string{strings.Repeat("line\n", 10_000)}},
		"one line":   {"begin " + strings.Repeat("é", 1<<20) + "\nadvice", 5_000, []string{"begin é", "more bytes)\nadvice"}},
		"all":        {"begin\n" + strings.Repeat("line\n", 1<<20) + "advice", 70_000, []string{"begin\n", " bytes left out) ...", "\nadvice"}},
	} {
		got := framework.Bounded(c.given)
		if len(got) > c.most || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes", name, len(got))
		}
		for _, part := range c.has {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %.20q", name, part)
			}
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07\u202e\xff\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		once := framework.Printable(text)
		if !utf8.ValidString(once) || framework.Printable(once) != once {
			t.Errorf("%q became %q", text, once)
		}
	})
}
