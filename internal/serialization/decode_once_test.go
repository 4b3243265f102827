package serialization

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestATextIsDecodedOnce(t *testing.T) {
	t.Parallel()
	text := []byte(`{"name": "decoded once", "tasks": []}`)
	first, err := ParseFlow(text, "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseFlow([]byte(string(text)), ""); err != nil || again != first {
		t.Errorf("the flow was read again: %v", err)
	}
	named, err := ParseFlow(text, "another")
	if named != nil || err == nil {
		t.Error("the flow was found by another name")
	}
	first.Map()["name"] = "changed"
	if again, _ := ParseFlow(text, ""); again.Name() != "decoded once" {
		t.Error("the shared flow was changed")
	}
}

func TestDecodedTextsAreBounded(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	for i := range 40 {
		if err := Valid(fmt.Sprintf("%q", strconv.Itoa(i)+strings.Repeat("x", size))); err != nil {
			t.Fatal(err)
		}
		if texts.Weight() > rememberedText {
			t.Fatalf("%d bytes of text are kept decoded", texts.Weight())
		}
	}
	if texts.Weight() < rememberedText/2 {
		t.Errorf("only %d bytes are kept", texts.Weight())
	}
}

func TestSameText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a": 1, "b": [1.0]}`, "{\"b\":[1.0],\n\"a\":1}", true}, {`1`, `1.0`, false}, {`{`, `{ `, false}, {`{`, `{`, true}, {`"\u00e9"`, `"é"`, true},
	} {
		if SameText(c.a, c.b) != c.want {
			t.Errorf("%s and %s: same is %v", c.a, c.b, !c.want)
		}
	}
}
