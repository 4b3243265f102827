package pyyaml

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The forms of plain scalars in PyYAML's YAML 1.1, by the tag that they get.
var forms = []struct {
	tag  string
	form *regexp.Regexp
}{
	{"!!bool", regexp.MustCompile(`^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`)},
	{"!!float", regexp.MustCompile(`^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?` + // an exponent needs a point and a sign
		`|\.[0-9][0-9_]*([eE][-+][0-9]+)?` + // without a sign of its own
		`|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*` + // sexagesimal
		`|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)},
	{"!!int", regexp.MustCompile(`^([-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+)$`)},
	{"!!merge", regexp.MustCompile(`^<<$`)},
	{"!!null", regexp.MustCompile(`^(~|null|Null|NULL|)$`)},
	{"!!timestamp", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$|^[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9][0-9]?(:[0-9]{2})?))?$`)},
	{"!!value", regexp.MustCompile(`^=$`)},
}

func (l *loader) scalar(node *yaml.Node, path string) (any, error) {
	tag := explicitTag(node)
	if tag == "" {
		tag = "!!str"
		if isPlain(node) {
			tag = plainTag(node.Value)
		}
	}
	var value any
	var ok bool
	switch tag {
	case "!!str", "!":
		return node.Value, nil
	case "!!null":
		return nil, nil //nolint:nilnil // null is a value
	case "!!bool":
		value, ok = boolean(node.Value)
	case "!!int":
		value, ok = integer(node.Value)
	case "!!float":
		value, ok = float(node.Value)
	default:
		return nil, l.unusable(node, path, tag)
	}
	if !ok {
		return nil, l.fail(node, path, "%q is not a value of the type %s", node.Value, tag)
	}
	return value, nil
}

func plainTag(text string) string {
	for _, f := range forms {
		if f.form.MatchString(text) {
			return f.tag
		}
	}
	return "!!str"
}

func boolean(text string) (any, bool) {
	switch strings.ToLower(text) {
	case "yes", "true", "on":
		return true, true
	case "no", "false", "off":
		return false, true
	}
	return nil, false
}

// integer reads a whole number: binary, octal with a leading 0, hexadecimal, or digits to the base of 60 with colons.
func integer(text string) (any, bool) {
	text = strings.ReplaceAll(text, "_", "")
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	n, ok := new(big.Int), true
	switch {
	case text == "":
		return nil, false
	case strings.HasPrefix(text, "0b"):
		_, ok = n.SetString(text[2:], 2)
	case strings.HasPrefix(text, "0x"):
		_, ok = n.SetString(text[2:], 16)
	case text[0] == '0':
		_, ok = n.SetString(text, 8)
	default:
		for digits := range strings.SplitSeq(text, ":") {
			digit, valid := new(big.Int).SetString(digits, 10)
			if !valid {
				return nil, false
			}
			n.Add(n.Mul(n, big.NewInt(60)), digit)
		}
	}
	if negative {
		n.Neg(n)
	}
	return json.Number(n.String()), ok
}

func float(text string) (any, bool) {
	text = strings.ToLower(strings.ReplaceAll(text, "_", ""))
	sign := 1.0
	if strings.HasPrefix(text, "-") {
		sign = -1
	}
	text = strings.TrimLeft(text, "+-")
	switch text {
	case ".inf":
		return sign * math.Inf(1), true
	case ".nan":
		return math.NaN(), true
	}
	parts, value, base := strings.Split(text, ":"), 0.0, 1.0
	for i := len(parts) - 1; i >= 0; i-- {
		digits, err := strconv.ParseFloat(parts[i], 64)
		if err != nil && !math.IsInf(digits, 0) {
			return nil, false
		}
		value += digits * base
		base *= 60
	}
	return sign * value, true
}
