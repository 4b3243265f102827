package query_test

import (
	"encoding/json"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/query"
)

// TestNumbersOfTheGateway has what the real gateway made of the numbers of a jsonb
// column, and its order of keys.
func TestNumbersOfTheGateway(t *testing.T) {
	t.Parallel()
	document := map[string]any{}
	for key, number := range map[string]json.Number{
		"bb": "1.0", "a": "1e3", "c": "9007199254740993", "dd": "12345678901234567890", "e": "1.50", "f": "-0.0", "g": "1e-7",
		"h": "0.0000001", "i": "1e21", "j": "1E+2", "k": "123456789012345678901234567890", "l": "0.1", "é": "1", "B": "1", "z": "1e400",
	} {
		document[key] = number
	}
	document["aaa"] = map[string]any{"zz": json.Number("-1"), "y": []any{json.Number("2.0"), nil, true, "<&>"}}
	const want = `{"data":{"B":1,"a":1000,"c":9007199254740992,"e":1.5,"f":0,"g":1e-7,"h":1e-7,"i":1e+21,"j":100,` +
		`"k":1.2345678901234568e+29,"l":0.1,"z":null,"bb":1,"dd":12345678901234567000,"é":1,"aaa":{"y":[2,null,true,"<&>"],"zz":-1}}}`
	for _, data := range []any{document, query.JavaScript(document)} {
		raw, err := query.Response{Executed: true, Data: data}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if got := string(raw); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
