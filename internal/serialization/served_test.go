package serialization_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// TestNumbersOfTheServer compares numbers as the Server gives them back.
func TestNumbersOfTheServer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sent, held string
		same       bool
		inexact    string
	}{
		{"1.0", "1", true, ""},
		{"1e3", "1000", true, ""},
		{"0.33333333333333333333333333333333", "0.3333333333333333", true, ""},
		{"9007199254740992", "9007199254740992", true, ""},
		{"9007199254740993", "9007199254740992", true, "9007199254740992 instead of 9007199254740993"},
		{"-12345678901234567890", "-12345678901234567000", true, "-12345678901234567000 instead of -12345678901234567890"},
		{"1180591620717411303424", "1180591620717411300000", true, ""}, // 2^70 is a double
		{"9007199254740994", "9007199254740992", false, ""},
	} {
		if got := serialization.SameServed(decoded(t, test.sent), decoded(t, test.held)); got != test.same {
			t.Errorf("%s and %s: same %t", test.sent, test.held, got)
		}
		problem := serialization.NotKept(decoded(t, test.sent))
		if (problem == "") != (test.inexact == "") || !strings.Contains(problem, test.inexact) {
			t.Errorf("%s: %q", test.sent, problem)
		}
	}
	if serialization.SameServed(json.Number("1"), "1") || serialization.SameServed(true, json.Number("1")) {
		t.Error("a number is the same as something else")
	}
}

// decoded is a number inside a document.
func decoded(t *testing.T, number string) any {
	t.Helper()
	value, err := serialization.Decode([]byte(`{"a": [{"n": ` + number + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
