package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// workspace is a directory of the user with a Terraform configuration, and the
// provider that was just built.
type workspace struct {
	*user
	dir string
}

// terraform makes a workspace with a provider block for the Server and, if it
// is not nil, the cluster.
func (w *workshop) terraform(cluster *acctest.KubernetesCluster, configuration string) *workspace {
	w.t.Helper()
	s := &workspace{dir: filepath.Join(w.home, acctest.Name("terraform"))}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	s.user = w.with("TF_CLI_CONFIG_FILE="+filepath.Join(s.dir, "terraform.rc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	s.write("terraform.rc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefect-server/prefect\" = %q\n  }\n  direct {}\n}\n",
		filepath.Join(build(w.t), "bin")))
	s.write("provider.tf", "terraform {\n  required_providers {\n    prefect = { source = \"prefect-server/prefect\" }\n  }\n}\n\n"+
		acctest.ProviderConfig(w.server, cluster))
	s.write("main.tf", configuration)
	return s
}

func (s *workspace) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// run starts Terraform.
func (s *workspace) run(arguments ...string) *command {
	s.t.Helper()
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		program = "terraform"
	}
	return s.start(program, append([]string{"-chdir=" + s.dir}, arguments...)...)
}

// must runs Terraform to its end, which must be a success, and returns its output.
func (s *workspace) must(arguments ...string) string {
	s.t.Helper()
	c := s.run(arguments...)
	if code := c.wait(); code != 0 {
		s.t.Fatalf("terraform %s: exit code %d\n%s", strings.Join(arguments, " "), code, tail(c.text(), 80))
	}
	return c.text()
}

func (s *workspace) apply() string {
	s.t.Helper()
	return s.must("apply", "-auto-approve", "-input=false", "-no-color")
}

// unchanged fails the test unless a plan is empty.
func (s *workspace) unchanged(when string) {
	s.t.Helper()
	c := s.run("plan", "-detailed-exitcode", "-input=false", "-no-color")
	if code := c.wait(); code != 0 {
		s.t.Fatalf("the plan %s is not empty (exit code %d):\n%s", when, code, tail(c.text(), 80))
	}
}

// change is what a plan would do with a resource.
type change struct {
	Actions   []string        `json:"actions"`
	Importing json.RawMessage `json:"importing"`
}

// plan returns the planned changes by address.
func (s *workspace) plan() map[string]change {
	s.t.Helper()
	s.must("plan", "-out=planned", "-input=false", "-no-color")
	var plan struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Mode    string `json:"mode"`
			Change  change `json:"change"`
		} `json:"resource_changes"`
	}
	decode(s.t, s.must("show", "-json", "planned"), &plan)
	changes := map[string]change{}
	for _, r := range plan.ResourceChanges {
		if r.Mode == "managed" {
			changes[r.Address] = r.Change
		}
	}
	return changes
}

// output reads an output.
func (s *workspace) output(name string, out any) {
	s.t.Helper()
	decode(s.t, s.must("output", "-json", name), out)
}

// decode reads the last line of a program's output that is JSON.
func decode(t *testing.T, text string, out any) {
	t.Helper()
	start := strings.IndexAny(text, "{[\"")
	if start < 0 {
		t.Fatalf("no JSON in %q", text)
	}
	if err := json.Unmarshal([]byte(text[start:]), out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
