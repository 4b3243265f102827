package moduletest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// provider is one that the modules and examples use.
type provider struct{ source, version string }

// built are the providers that the tool modules build, with their versions.
func built() []provider {
	return []provider{{"hashicorp/azurerm", "5.2.0"}, {"hashicorp/helm", "1.3.2"}, {"azure/azapi", "1.15.0"}}
}

// bin is the directory of the built programs; the test is skipped without.
func bin(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PREFECT_MODULE_TESTS")
	if dir == "" {
		t.Skip("PREFECT_MODULE_TESTS is not set; `make test-modules` builds what is needed and sets it")
	}
	return dir
}

// root is the repository's.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// workspace is a directory with a copy of modules/ and examples/, in which
// Terraform finds its providers as in a registry.
type workspace struct {
	t   *testing.T
	dir string
	env []string
	// helm is the helm provider's version.
	helm string
}

// newWorkspace copies the sources and has Terraform take the providers from
// directories that are laid out as mirrors, so that `terraform init` checks
// version constraints as it does with a registry: the built programs, or what
// PREFECT_MODULE_PROVIDERS holds, as `terraform providers mirror` makes it.
func newWorkspace(t *testing.T, env ...string) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir()}
	for _, part := range []string{"modules", "examples"} {
		if err := os.CopyFS(filepath.Join(w.dir, part), os.DirFS(filepath.Join(root(t), part))); err != nil {
			t.Fatal(err)
		}
	}
	own := filepath.Join(w.dir, "mirror")
	mirrors := []string{own}
	w.link(own, provider{"prefect-server/prefect", "0.1.0"})
	if downloaded := os.Getenv("PREFECT_MODULE_PROVIDERS"); downloaded != "" {
		mirrors = append(mirrors, downloaded)
		w.helm = mirroredVersion(t, downloaded, "hashicorp/helm")
	} else {
		for _, p := range built() {
			w.link(own, p)
			if p.source == "hashicorp/helm" {
				w.helm = p.version
			}
		}
	}
	var installation strings.Builder
	for _, mirror := range mirrors {
		fmt.Fprintf(&installation, "  filesystem_mirror {\n    path = %q\n  }\n", mirror)
	}
	w.write("terraform.rc", "provider_installation {\n"+installation.String()+"}\n")
	w.env = append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+filepath.Join(w.dir, "terraform.rc"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1",
		"HELM_CACHE_HOME="+filepath.Join(w.dir, "helm"), "HELM_CONFIG_HOME="+filepath.Join(w.dir, "helm"), "HELM_DATA_HOME="+filepath.Join(w.dir, "helm"))
	w.env = append(w.env, env...)
	if !w.attributes() {
		w.withoutWriteOnly()
	}
	return w
}

// link lays a built provider out in a mirror.
func (w *workspace) link(mirror string, p provider) {
	w.t.Helper()
	kind := filepath.Base(p.source)
	program := filepath.Join(bin(w.t), "terraform-provider-"+kind)
	if _, err := os.Stat(program); err != nil {
		w.t.Fatalf("the provider %s is not built: %v", p.source, err)
	}
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, host, p.source, p.version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			w.t.Fatal(err)
		}
		if err := os.Symlink(program, filepath.Join(dir, "terraform-provider-"+kind+"_v"+p.version)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// mirroredVersion is the version of a provider that a mirror holds, packed or
// unpacked.
func mirroredVersion(t *testing.T, mirror, source string) string {
	t.Helper()
	for _, pattern := range []string{"*/" + source + "/[0-9]*.[0-9]*.[0-9]*", "*/" + source + "/*_[0-9]*_*.zip"} {
		found, err := filepath.Glob(filepath.Join(mirror, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(filepath.Base(strings.Join(found, ""))); m != "" {
			return m
		}
	}
	t.Fatalf("%s holds no %s", mirror, source)
	return ""
}

// attributes says whether the helm provider has version 3's syntax: attributes
// where there were blocks.
func (w *workspace) attributes() bool { return !regexp.MustCompile(`^[012]\.`).MatchString(w.helm) }

// forModule is the workspace in a test of one module, which is skipped where the
// helm provider is too old for the module.
func (w *workspace) forModule(t *testing.T, module string) *workspace {
	t.Helper()
	if module == "database-secret" && !w.attributes() {
		t.Skip("the module needs version 3.1 of the helm provider, for write-only values: see PREFECT_MODULE_PROVIDERS")
	}
	return &workspace{t: t, dir: w.dir, env: w.env, helm: w.helm}
}

// withoutWriteOnly makes the module database-secret, and the example that uses
// it, do with a helm provider that has no write-only values. The password is
// then in the state.
func (w *workspace) withoutWriteOnly() {
	w.t.Helper()
	release, err := os.ReadFile("testdata/database-secret/main.tf")
	if err != nil {
		w.t.Fatal(err)
	}
	w.write("modules/database-secret/main.tf", string(release))
	for file, change := range map[string][2]string{
		"modules/database-secret/variables.tf": {"ephemeral   = true", ""},
		"modules/database-secret/versions.tf":  {">= 3.1, < 4.0", ">= 1.3.2"},
		"examples/azure-complete/versions.tf":  {">= 3.1, < 4.0", ">= 1.3.2"},
		"examples/azure-ingress/providers.tf":  {">= 3.1, < 4.0", ">= 1.3.2"},

		"examples/azure-hcp-terraform/infrastructure/main.tf": {">= 3.1, < 4.0", ">= 1.3.2"},
	} {
		data, err := os.ReadFile(filepath.Join(w.dir, file))
		if err != nil {
			w.t.Fatal(err)
		}
		changed := strings.ReplaceAll(string(data), change[0], change[1])
		if changed == string(data) {
			w.t.Fatalf("%s does not say %s", file, change[0])
		}
		w.write(file, changed)
	}
}

// withBlocks rewrites a file's block of the helm provider, which has the syntax
// of version 3, for the versions before.
func (w *workspace) withBlocks(file string) {
	w.t.Helper()
	source, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		w.t.Fatal(err)
	}
	block := regexp.MustCompile(`(?ms)^provider "helm" \{\n.*?^\}`)
	changed := block.ReplaceAllFunc(source, func(helm []byte) []byte {
		opening := "kubernetes {"
		if !bytes.Contains(helm, []byte("config_path")) {
			opening += "\n    load_config_file = false" // else version 1 would ask for ~/.kube/config
		}
		return bytes.Replace(helm, []byte("kubernetes = {"), []byte(opening), 1)
	})
	if bytes.Equal(changed, source) {
		w.t.Fatalf("%s has no provider block of helm in the syntax of version 3", file)
	}
	w.write(file, string(changed))
}

// helmProvider is the helm provider's block for a cluster.
func (w *workspace) helmProvider(cluster string) string {
	sign := ""
	if w.attributes() {
		sign = " ="
	}
	return fmt.Sprintf("\nprovider \"helm\" {\n  kubernetes%s {\n%s\n  }\n}\n", sign, cluster)
}

func (w *workspace) write(name, content string) {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// try runs Terraform in a directory of the workspace and gives its output and
// exit code.
func (w *workspace) try(dir string, arguments ...string) (output string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 15*time.Minute)
	defer cancel()
	terraform := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if terraform == "" {
		terraform = "terraform"
	}
	command := exec.CommandContext(ctx, terraform, arguments...) //nolint:gosec // chosen by whoever runs the tests
	command.Dir, command.Env = filepath.Join(w.dir, dir), w.env
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = time.Minute
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	begin := time.Now()
	if err := command.Run(); err != nil && command.ProcessState == nil {
		w.t.Fatalf("start %s: %v", terraform, err)
	}
	w.t.Logf("terraform %s in %s: exit code %d after %s", arguments[0], dir, command.ProcessState.ExitCode(), time.Since(begin).Round(100*time.Millisecond))
	for _, slow := range regexp.MustCompile(`(?m)^.* complete after (\d+m\S*|[2-9]\ds)`).FindAllString(both.String(), -1) {
		w.t.Log(slow)
	}
	return both.String(), command.ProcessState.ExitCode()
}

// run is try for what has to succeed.
func (w *workspace) run(dir string, arguments ...string) string {
	w.t.Helper()
	output, code := w.try(dir, append(arguments, "-no-color")...)
	if code != 0 {
		w.t.Fatalf("terraform %s failed in %s:\n%s", strings.Join(arguments, " "), dir, output)
	}
	return output
}

// planIsEmpty fails the test if the configuration and what there is differ.
func (w *workspace) planIsEmpty(dir, when string) {
	w.t.Helper()
	if output, code := w.try(dir, "plan", "-detailed-exitcode", "-input=false", "-no-color"); code != 0 {
		w.t.Fatalf("the plan %s is not empty (exit code %d):\n%s", when, code, output)
	}
}

// stateHolds says whether a secret is anywhere in the state.
func (w *workspace) stateHolds(dir, secret string) bool {
	w.t.Helper()
	state, err := os.ReadFile(filepath.Join(w.dir, dir, "terraform.tfstate"))
	if err != nil {
		w.t.Fatal(err)
	}
	return holds(w.t, string(state), secret)
}

// planHides fails the test if the plan that actions has left shows a secret.
func (w *workspace) planHides(dir, secret string) {
	w.t.Helper()
	if shown := w.run(dir, "show", "plan.bin"); holds(w.t, shown, secret) {
		w.t.Errorf("the plan shows the password:\n%s", shown)
	}
}

// holds says whether a secret is in a text, as it is, quoted, or encoded as
// Kubernetes does.
func holds(t *testing.T, text, secret string) bool {
	t.Helper()
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(text, secret) || strings.Contains(text, strings.Trim(string(quoted), `"`)) ||
		strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(secret)))
}

// actions gives what a plan, which it leaves in plan.bin, would do, by address.
func (w *workspace) actions(dir string, arguments ...string) map[string]string {
	w.t.Helper()
	changes := map[string]string{}
	for line := range strings.Lines(w.run(dir, append([]string{"plan", "-input=false", "-out=plan.bin", "-json"}, arguments...)...)) {
		var message struct {
			Type   string `json:"type"`
			Change struct {
				Resource struct {
					Address string `json:"addr"`
				} `json:"resource"`
				Action string `json:"action"`
			} `json:"change"`
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			w.t.Fatalf("read the plan: %v\n%s", err, line)
		}
		if message.Type == "planned_change" && message.Change.Action != "read" {
			changes[message.Change.Resource.Address] = message.Change.Action
		}
	}
	return changes
}
