package adopt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// expression is HCL that is written verbatim, such as a reference.
type expression string

// call is a function call.
type call struct {
	function string
	argument any
}

// attribute is an argument of a block or an object. Its value is nil, a bool, a json.Number, a string, an expression, a call, a []any,
// a map[string]any, or []attribute for an object whose attributes have an order.
type attribute struct {
	name  string
	value any
}

// block formats a block as `terraform fmt` would.
func block(header string, attributes []attribute) string {
	var b strings.Builder
	b.WriteString(header + " {\n")
	writeBody(&b, attributes, "  ")
	b.WriteString("}\n")
	return b.String()
}

// writeBody writes attributes: single-line ones first, aligned, and the others separated by blank lines.
func writeBody(b *strings.Builder, attributes []attribute, indent string) {
	var short, long []attribute
	width := 0
	for _, a := range attributes {
		if strings.Contains(value(a.value, indent), "\n") {
			long = append(long, a)
			continue
		}
		short = append(short, a)
		width = max(width, len(key(a.name)))
	}
	for _, a := range short {
		fmt.Fprintf(b, "%s%-*s = %s\n", indent, width, key(a.name), value(a.value, indent))
	}
	for i, a := range long {
		if i > 0 || len(short) > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "%s%s = %s\n", indent, key(a.name), value(a.value, indent))
	}
}

// identifier matches object keys that need no quotes.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func key(name string) string {
	switch {
	case !identifier.MatchString(name), name == "for", name == "null", name == "true", name == "false":
		return quote(name)
	}
	return name
}

// widest is the maximum length of a list or object on one line.
const widest = 60

// value formats a value at an indentation.
func value(v any, indent string) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case expression:
		return string(v)
	case call:
		return v.function + "(" + value(v.argument, indent) + ")"
	case string:
		return quote(v)
	case []any:
		return listText(v, indent)
	case map[string]any:
		return objectText(sorted(v), indent)
	case []attribute:
		return objectText(v, indent)
	default: // bool, json.Number
		return fmt.Sprint(v)
	}
}

func sorted(v map[string]any) []attribute {
	attributes := make([]attribute, 0, len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		attributes = append(attributes, attribute{name, v[name]})
	}
	return attributes
}

func listText(elements []any, indent string) string {
	texts := make([]string, len(elements))
	for i, e := range elements {
		texts[i] = value(e, indent+"  ")
	}
	line := "[" + strings.Join(texts, ", ") + "]"
	if len(line) <= widest && !strings.Contains(line, "\n") {
		return line
	}
	return "[\n" + indent + "  " + strings.Join(texts, ",\n"+indent+"  ") + ",\n" + indent + "]"
}

func objectText(attributes []attribute, indent string) string {
	if len(attributes) == 0 {
		return "{}"
	}
	texts := make([]string, len(attributes))
	for i, a := range attributes {
		texts[i] = key(a.name) + " = " + value(a.value, indent+"  ")
	}
	line := "{ " + strings.Join(texts, ", ") + " }"
	if len(line) <= widest && !strings.Contains(line, "\n") {
		return line
	}
	var b strings.Builder
	b.WriteString("{\n")
	writeBody(&b, attributes, indent+"  ")
	return b.String() + indent + "}"
}

// quote formats a string without template interpolation.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// exact matches numbers that Terraform writes unchanged.
var exact = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$`)

// asJSON returns an expression for a JSON text: a call of jsonencode, or the text itself if jsonencode would
// write a number differently.
func asJSON(text string) any {
	decoded, err := serialization.Decode([]byte(text))
	if err != nil || !allExact(decoded) {
		return text
	}
	switch decoded.(type) {
	case map[string]any, []any:
		return call{"jsonencode", decoded}
	}
	return text
}

func allExact(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return exact.MatchString(v.String())
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !allExact(e) })
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)), func(e any) bool { return !allExact(e) })
	}
	return true
}

// indented formats a JSON text with indentation and unchanged values.
func indented(text string) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		return nil, fmt.Errorf("indent: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// order sorts attributes by name, identifying ones first.
func order(attributes []attribute) {
	rank := func(name string) int {
		at := slices.Index([]string{"name", "slug", "project_id", "version_group_id", "flow_id", "flow_file"}, name)
		if at < 0 {
			return 99
		}
		return at
	}
	slices.SortFunc(attributes, func(a, b attribute) int {
		return cmp.Or(cmp.Compare(rank(a.name), rank(b.name)), cmp.Compare(a.name, b.name))
	})
}
