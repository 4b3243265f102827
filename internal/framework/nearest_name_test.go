package framework_test

import (
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"Success", "Failed", "Cancelled", "TimedOut"}
	for given, want := range map[string]string{
		"Sucess": "Success", "succes": "Success", "FAILURE": "Failed", "fail": "Failed", "Canceled": "Cancelled", "timed_out": "TimedOut", "Hibernating": "", "": "", //nolint:misspell // mistakes
	} {
		if got := framework.Nearest(given, names); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}
