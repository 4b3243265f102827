package interop

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/pyyaml"
)

// yamlCases is how many texts TestYAML generates.
const yamlCases = 20_000

// TestYAML has the real PyYAML and this project's package pyyaml read the same texts, and compares what they make of them.
// PREFECT_INTEROP_SEED gives other texts.
func TestYAML(t *testing.T) {
	t.Parallel()
	u := newUser(t, &acctest.PrefectServer{API: "http://api.example.com:4200"})
	seed := interopSeed(t)
	g := &yamlGenerator{rand.New(rand.NewPCG(seed, 2))}
	cases := knownYAML()
	for len(cases) < yamlCases {
		cases = append(cases, g.document())
	}
	answers := ask(u, "pyyaml.py", cases)
	var equal, refused, unusable, wrong int
	for i, text := range cases {
		var want struct{ JSON, Error, Unusable string }
		if err := json.Unmarshal(answers[i], &want); err != nil {
			t.Fatal(err)
		}
		value, err := pyyaml.Load([]byte(text))
		var got []byte
		if err == nil {
			got, err = serialization.Canonical(value)
		}
		switch {
		case want.JSON != "" && err == nil && string(got) == want.JSON:
			equal++
		case want.Error != "" && err != nil:
			refused++
		case err != nil && (want.Unusable != "" || strings.Contains(err.Error(), "ends with a colon") || strings.Contains(err.Error(), "escape c")):
			unusable++
		default:
			if wrong++; wrong <= 20 {
				t.Errorf("%q\nPyYAML: %+v\nhere:   %s, %v", text, want, got, err)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d texts differ", wrong, len(cases))
	}
	if equal < len(cases)/3 || refused < 500 || unusable < 500 {
		t.Errorf("%d equal, %d refused, %d unusable: a bad corpus", equal, refused, unusable)
	}
	t.Logf("seed %d, %d texts compared: %d equal, %d refused by both, %d that have no form in JSON", seed, len(cases), equal, refused, unusable)
}

// knownYAML are values that readers of other versions of YAML get wrong, as values and as keys.
func knownYAML() []string {
	var cases []string
	for _, scalar := range strings.Split("1e9|1.0e9|1.0e+9|-.5|+.5|.5|08|0o644|0644|-012|y|n|Y|yes|No|on|OFF|oN|12:30|1:2:3|-1:30|190:20:30.15|12:60|"+
		"0x1F|0b101|0b_|0x_|0_|1_000|1_|_1|1._|1.|.inf|-.INF|.nan|.NaN|~|null|Null|nULL|=|2024-01-02|2024-1-2|2024-01-02T03:04:05Z|2024-13-01|"+
		"2024-01-02 03:04:05|!!str 12|!!int '12'|!!float '1'|!!bool 'no'|!!bool 'x'|!!null 'x'|!!binary aGk=|!!set {a}|!custom x|! 12|'12'|\"12\"|"+
		"18446744073709551616|-0|+1|+0x10|1.5e3|1e+9|9.0e-400|1.0e+400|[1, 2]|{a: 1}|{a: 1, a: 2}|[|{|@x|`x|%x|a: b: c|- x|*x|&a 1|'it''s'|\"\\u00e9\"|"+
		"\"\\/\"|\"\\x41\"|0777777777777777777777|00|0.0|-0.0|1__0|NaN|inf|true|True|tRUE|None|?|-|--|---|...|#x|a#b|a #b|<<|0b2|0xg|1:60|1:5:|::|a:|:a", "|") {
		cases = append(cases, scalar, "a: "+scalar, scalar+": a", "- "+scalar, "a: ["+scalar+"]")
	}
	return append(cases, "", "\n", "---\n", "a: 1\n---\nb: 2\n", "---\na: 1\n...\n", "a: 1\n...\n---\n", "# comment", "a: &x {b: 1}\nc: *x\n",
		"a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\nz:\n  <<: [*x, *y]\n  b: 3\n", "&a [*a]", "a: &x {b: *x}",
		"a: |\n  text\n  more\n", "a: >-\n  text\n  more\n", "a:\n- 1\n- 2\n", "a:\n  - b: 1\n    c: 2\n", "\ta: 1", "a:\t1", "a: 'x\n\n  y'\n", "\ufeffa: 1",
		"%YAML 1.1\n---\na: 1\n", "a: <<\n", "<<: 1\n", "<<: [1]\n", "? a\n: b\n", "? [a]\n: b\n", "{a, b: 1}", "[a: 1]", "'a': 1\n\"a\": 2\n", "a: \"\\ud83d\\ude00\"\n")
}

// yamlGenerator makes small documents of scalars near the edges of the types.
type yamlGenerator struct{ *rand.Rand }

func (g *yamlGenerator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *yamlGenerator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g *yamlGenerator) document() string {
	text := g.node(0, 0)
	if g.chance(10) {
		runes := []rune(text)
		at := g.IntN(len(runes) + 1)
		text = string(runes[:at]) + g.pick(":", "-", "#", "'", "\"", "[", "}", "\n", " ", "&a ", "*a", "!!str ", "!!int ", "|", ">", ",", "0", "\n---\n") + string(runes[at:])
	}
	return text
}

func (g *yamlGenerator) node(depth, indent int) string {
	space := strings.Repeat(" ", indent)
	switch kind := g.IntN(10); {
	case depth < 3 && kind < 3:
		var b strings.Builder
		for i := range 1 + g.IntN(3) {
			_, _ = fmt.Fprintf(&b, "\n%s%s: %s", space, g.key(i), g.node(depth+1, indent+2))
		}
		return b.String()
	case depth < 3 && kind < 5:
		var b strings.Builder
		for range 1 + g.IntN(3) {
			_, _ = fmt.Fprintf(&b, "\n%s- %s", space, g.node(depth+1, indent+2))
		}
		return b.String()
	case depth < 3 && kind == 5:
		return "[" + g.flow() + ", " + g.flow() + "]"
	case depth < 3 && kind == 6:
		return "{a: " + g.flow() + ", b: " + g.flow() + "}"
	}
	return g.scalar()
}

func (g *yamlGenerator) key(i int) string {
	if g.chance(8) {
		return g.scalar()
	}
	return fmt.Sprintf("%s%d", g.pick("key", "app.kubernetes.io/name", "x-y"), i)
}

// flow is a scalar that can stand in a flow collection.
func (g *yamlGenerator) flow() string {
	return strings.NewReplacer("[", "", "]", "", "{", "", "}", "", ",", "").Replace(g.scalar())
}

func (g *yamlGenerator) scalar() string {
	var b strings.Builder
	switch g.IntN(8) {
	case 0:
		return g.pick("yes", "No", "ON", "off", "true", "FALSE", "y", "n", "~", "null", "NULL", "", "=", "<<", ".inf", "-.Inf", ".NAN", "latest", "a b")
	case 1:
		return g.pick("'", "\"") + g.pick("a", "1", "yes", "a b", "") + g.pick("'", "\"", "'", "\"")
	case 2:
		return fmt.Sprintf("%s%04d-%02d-%02d%s", g.pick("", "", "-"), 1990+g.IntN(50), g.IntN(14), g.IntN(33), g.pick("", "", " 10:20:30", "T1:02:03.5Z", "t1:02:03 +2"))
	case 3:
		return g.pick("!!str ", "!!int ", "!!float ", "!!bool ", "!!null ", "!x ", "!!timestamp ") + g.pick("12", "1.5", "yes", "'12'", "x", "\"\"")
	}
	b.WriteString(g.pick("", "", "", "-", "+", "."))
	for range 1 + g.IntN(4) {
		b.WriteString(g.pick("0", "0", "1", "7", "8", "9", "12", "59", "60", "_", ".", ":", "e", "e+", "E-", "0x", "0b", "0o", "f"))
	}
	return b.String()
}
