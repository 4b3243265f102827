package pyyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// ErrYAML means that safe_load would reject a text, or that its values have no JSON form.
var ErrYAML = errors.New("not YAML that can be used here")

// maxNodes limits the expansion of aliases.
const maxNodes = 1_000_000

// Load reads the only document of a text. The result has the types of serialization.Decode, with float64 for
// every number with a fraction. Errors are ErrYAML and name the line.
func Load(data []byte) (any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil //nolint:nilnil // an empty text is null
	case err != nil:
		if value, found := asJSON(data); found {
			return value, nil
		}
		return nil, syntax(err)
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("%w: it has a second document at line %d; keep one, without ---", ErrYAML, second.Line)
	case !errors.Is(err, io.EOF):
		return nil, syntax(err)
	}
	l := loader{open: map[*yaml.Node]bool{}, lines: strings.Split(string(data), "\n")}
	return l.value(&document, "")
}

func syntax(err error) error {
	return fmt.Errorf("%w: %s", ErrYAML, strings.TrimPrefix(err.Error(), "yaml: "))
}

type loader struct {
	open  map[*yaml.Node]bool // the collections around the current node
	nodes int
	lines []string
}

// asJSON reads a text with escapes that PyYAML and JSON support but the library does not.
func asJSON(data []byte) (any, bool) {
	value, err := serialization.Decode(data)
	if err != nil {
		return nil, false
	}
	return plainNumbers(value), true
}

// plainNumbers converts numbers to what YAML makes of their text.
func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		switch plainTag(string(v)) {
		case "!!int":
			value, _ = integer(string(v))
		case "!!float":
			value, _ = float(string(v))
		default:
			value = string(v)
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return value
}

// afterTab reports whether a tab stands before a node, where YAML 1.1 has no tabs.
func (l *loader) afterTab(node *yaml.Node) bool {
	if node.Line < 1 || node.Line > len(l.lines) || node.Column < 2 {
		return false
	}
	line := []rune(l.lines[node.Line-1])
	return node.Column-2 < len(line) && line[node.Column-2] == '\t'
}

func (l *loader) fail(node *yaml.Node, path, format string, args ...any) error {
	where := fmt.Sprintf("line %d", node.Line)
	if path != "" {
		where = strings.TrimPrefix(path, ".") + " (" + where + ")"
	}
	return fmt.Errorf("%w: at %s: %s", ErrYAML, where, fmt.Sprintf(format, args...))
}

// value converts a node. path is its location, such as `.spec.containers[0]`.
func (l *loader) value(node *yaml.Node, path string) (any, error) {
	if l.nodes++; l.nodes > maxNodes {
		return nil, l.fail(node, path, "aliases expand to more than %d values", maxNodes)
	}
	if l.open[node] {
		return nil, l.fail(node, path, "the alias *%s stands for a value that contains it", node.Anchor)
	}
	if l.afterTab(node) {
		return nil, l.fail(node, path, "a tab stands before the value; use spaces")
	}
	switch node.Kind {
	case yaml.DocumentNode:
		return l.value(node.Content[0], path)
	case yaml.AliasNode:
		return l.value(node.Alias, path)
	case yaml.ScalarNode:
		return l.scalar(node, path)
	}
	l.open[node] = true
	defer delete(l.open, node)
	if node.Kind == yaml.SequenceNode {
		return l.sequence(node, path)
	}
	return l.mapping(node, path)
}

func (l *loader) sequence(node *yaml.Node, path string) (any, error) {
	switch tag := explicitTag(node); tag {
	case "", "!!seq":
	default:
		return nil, l.unusable(node, path, tag)
	}
	out := make([]any, 0, len(node.Content))
	for i, item := range node.Content {
		if err := l.colon(node, item, path); err != nil {
			return nil, err
		}
		value, err := l.value(item, fmt.Sprintf("%s[%d]", path, i))
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

func (l *loader) mapping(node *yaml.Node, path string) (map[string]any, error) {
	switch tag := explicitTag(node); tag {
	case "", "!!map":
	default:
		return nil, l.unusable(node, path, tag)
	}
	out, merged := map[string]any{}, []map[string]any{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, item := node.Content[i], node.Content[i+1]
		if err := errors.Join(l.colon(node, key, path), l.colon(node, item, path)); err != nil {
			return nil, err
		}
		if isPlain(key) && key.Value == "<<" {
			from, err := l.merge(item, path)
			if err != nil {
				return nil, err
			}
			merged = append(merged, from...)
			continue
		}
		name, err := l.key(key, path)
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, l.fail(key, path, "the key %q occurs twice; remove one", name)
		}
		if out[name], err = l.value(item, path+"."+name); err != nil {
			return nil, err
		}
	}
	// The mapping's own keys come first, then those of the mappings merged into it, the first of them before the others.
	for _, from := range merged {
		for name, value := range from {
			if _, found := out[name]; !found {
				out[name] = value
			}
		}
	}
	return out, nil
}

// colon rejects a plain scalar that ends with a colon inside [] or {}. YAML 1.1 ends the scalar before the
// colon, YAML 1.2 and the library after it.
func (l *loader) colon(collection, item *yaml.Node, path string) error {
	if collection.Style&yaml.FlowStyle == 0 || item.Kind != yaml.ScalarNode || isQuoted(item) || !strings.HasSuffix(item.Value, ":") {
		return nil
	}
	return l.fail(item, path, "%q ends with a colon; put it in quotes", item.Value)
}

// merge reads what `<<` merges: a mapping, or a list of them.
func (l *loader) merge(node *yaml.Node, path string) ([]map[string]any, error) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		items = node.Content
	}
	var out []map[string]any
	for _, item := range items {
		value, err := l.value(item, path+".<<")
		if err != nil {
			return nil, err
		}
		from, ok := value.(map[string]any)
		if !ok {
			return nil, l.fail(item, path, "<< merges mappings, not %v", value)
		}
		out = append(out, from)
	}
	return out, nil
}

func (l *loader) key(node *yaml.Node, path string) (string, error) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.ScalarNode {
		return "", l.fail(node, path, "a key must be a string, not a collection")
	}
	if isPlain(node) && node.Value == "=" {
		return "=", nil
	}
	value, err := l.scalar(node, path)
	if err != nil {
		return "", err
	}
	name, ok := value.(string)
	if !ok {
		return "", l.fail(node, path, "the key %s is not a string; write %q", node.Value, node.Value)
	}
	return name, nil
}

// explicitTag returns the tag written before a node; "" if none.
func explicitTag(node *yaml.Node) string {
	if node.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	return node.ShortTag()
}

func isPlain(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.Style&yaml.TaggedStyle == 0 && !isQuoted(node)
}

func isQuoted(node *yaml.Node) bool {
	return node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

func (l *loader) unusable(node *yaml.Node, path, tag string) error {
	switch tag {
	case "!!timestamp":
		return l.fail(node, path, "%s is a date, which JSON does not have; write %q", node.Value, node.Value)
	case "!!binary", "!!set", "!!omap", "!!pairs":
		return l.fail(node, path, "JSON has no values of the type %s", tag)
	}
	return l.fail(node, path, "the tag %s is unknown; remove it", tag)
}
