package clitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// Programs in the directory PREFECT_CLI_TESTS.
const (
	terraform = "terraform-1.16"
	tofu      = "tofu"
)

func TestMain(m *testing.M) {
	acctest.Relay()
	os.Exit(m.Run())
}

// workspace is a directory for a command line with a configuration for a Server and, if it is not nil, a cluster.
func workspace(t *testing.T, program string, server *acctest.PrefectServer, cluster *acctest.KubernetesCluster, configuration string, env ...string) *acctest.Workspace {
	t.Helper()
	dir := programs(t)
	path := filepath.Join(dir, program)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not built: %v", program, err)
	}
	w := acctest.NewWorkspace(t, path, dir, env...)
	w.Configure(server, cluster, configuration)
	return w
}

// programs is the directory of the built programs; the test is skipped without.
func programs(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PREFECT_CLI_TESTS")
	if dir == "" {
		t.Skip("PREFECT_CLI_TESTS is not set; `make test-clis` builds the command lines and sets it")
	}
	return dir
}

// each runs a test with Terraform and with OpenTofu.
func each(t *testing.T, test func(t *testing.T, program string)) {
	t.Helper()
	for _, program := range []string{terraform, tofu} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// etl is the build document of the example flow.
func etl(t *testing.T) string {
	t.Helper()
	document, err := os.ReadFile("../../examples/flows/etl.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

// says fails the test unless a text has all of the parts, in this order, wherever its lines are broken.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	if !acctest.Says(parts...).MatchString(text) {
		t.Fatalf("the output does not say %q, in this order:\n%s", parts, text)
	}
}

// silent fails the test if a text has one of the parts.
func silent(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("the output says %q:\n%s", part, text)
		}
	}
}
