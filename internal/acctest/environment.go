package acctest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// acceptance skips a test that is not to run outside acceptance testing, and
// keeps the developer's own Prefect configuration out of the tests.
func acceptance(t testing.TB) {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests run with TF_ACC=1; `make test` sets it")
	}
	if os.Getenv("PREFECT_ACC_API") == "" {
		isolate()
	}
	hurry()
}

// hurry turns off garbage collection in the Terraform processes that tests start. They live for a fraction of a
// second, and would spend a quarter of their processor time on it. This process has read its own GOGC when it
// started.
var hurry = sync.OnceFunc(func() {
	_ = os.Setenv("GOGC", "off") // fails only for names that cannot occur here
	_ = os.Setenv("GOMEMLIMIT", "1GiB")
})

// isolate forgets the environment and files that configure a Prefect client. The
// provider runs in the test process and would otherwise use, against an embedded
// Server, the tenant and credentials of another. It is done once: setting the
// environment per test would forbid tests to run in parallel.
var isolate = sync.OnceFunc(func() {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PREFECT__") {
			_ = os.Unsetenv(name) // fails only for names that cannot occur here
		}
	}
	nowhere := filepath.Join(os.TempDir(), Name("prefect-acceptance-tests-have-no-home"))
	for _, file := range []string{"PREFECT__USER_CONFIG_PATH", "PREFECT__BACKEND_CONFIG_PATH", "PREFECT__HOME_DIR"} {
		_ = os.Setenv(file, nowhere)
	}
})
