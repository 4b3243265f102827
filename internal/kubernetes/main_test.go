package kubernetes_test

import (
	"os"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

func TestMain(m *testing.M) {
	acctest.Relay()
	os.Exit(m.Run())
}
