package repotest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// TestHCL has the real command line validate every block of HCL in the Markdown
// files, and every example, with the provider as it is built.
func TestHCL(t *testing.T) {
	t.Parallel()
	cli, l := newCommandLine(t), newLibrary(t)
	var blocks []block
	for _, file := range tracked(t, "*.md", ":!templates") { // docs/ is made of templates/
		blocks = append(blocks, blocksOf(file, read(t, file))...)
	}
	for _, directory := range exampleDirectories(t) {
		blocks = append(blocks, example(t, directory))
	}
	for _, b := range blocks {
		t.Run(b.name(), func(t *testing.T) {
			t.Parallel()
			for _, wrong := range cli.validate(t, l, b) {
				t.Error(wrong)
			}
		})
	}
	if len(blocks) < 60 {
		t.Errorf("found only %d blocks", len(blocks))
	}
}

// TestHCLFindsMistakes has the check find mistakes of every kind.
func TestHCLFindsMistakes(t *testing.T) {
	t.Parallel()
	cli, l := newCommandLine(t), newLibrary(t)
	for name, row := range map[string]struct {
		hcl, of, want string
		fragment      bool
	}{
		"not HCL":              {hcl: "resource \"prefect_project\" {", want: "not HCL"},
		"attribute":            {hcl: "resource \"prefect_project\" \"a\" {\n  name  = \"a\"\n  label = \"b\"\n}\n", want: "label"},
		"missing":              {hcl: "resource \"prefect_project\" \"a\" {}\n", want: "name"},
		"value":                {hcl: "resource \"prefect_flow_run\" \"a\" {\n  flow_id = var.flow\n  wait_for = \"never\"\n}\n", want: "never"},
		"computed":             {hcl: "output \"a\" {\n  value = prefect_project.a.color\n}\n", want: "color"},
		"provider":             {hcl: "provider \"prefect\" {\n  url = \"http://localhost\"\n}\n", want: "url"},
		"function":             {hcl: "output \"a\" {\n  value = provider::prefect::hash(\"a\")\n}\n", want: "hash"},
		"output of a module":   {hcl: "provider \"prefect\" {\n  kubernetes = { host = module.aks.host }\n}\n", want: "host"},
		"shape of an output":   {hcl: "provider \"prefect\" {\n  kubernetes = { host = module.aks.kubernetes.server }\n}\n", want: "server"},
		"input of a module":    {hcl: "module \"aks\" {\n  source = \"../modules/aks\"\n  size = 3\n}\n", fragment: true, want: "size"},
		"a module's argument":  {hcl: "agent = 3\n", of: `module "prefect_server"`, fragment: true, want: "agent"},
		"no such module":       {hcl: "module \"gke\" {\n  source = \"../modules/gke\"\n}\n", want: "no module gke"},
		"outside a block":      {hcl: "agent = {}\n", want: "outside a block"},
		"test":                 {hcl: "run \"a\" {\n  commands = plan\n}\n", want: "commands"},
		"missing in a module":  {hcl: "module \"acr\" {\n  source = \"../modules/acr\"\n}\n", want: "name"},
		"import of an unknown": {hcl: "import {\n  to = prefect_thing.a\n  id = \"a\"\n}\n", want: "prefect_thing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "function" && cli.minor == 0 {
				t.Skip("OpenTofu looks for a provider's function only when it is called")
			}
			wrong := cli.validate(t, l, block{file: "x.md", line: 1, hcl: row.hcl, fragment: row.fragment, of: row.of})
			if !strings.Contains(strings.Join(wrong, "\n"), row.want) {
				t.Errorf("got %q, want something about %q", wrong, row.want)
			}
		})
	}
}

// TestExampleOfTests runs the tests of the example of a tested configuration.
func TestExampleOfTests(t *testing.T) {
	t.Parallel()
	cli := newCommandLine(t)
	dir := t.TempDir()
	for _, part := range []string{"testing", "flows"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(root, "examples", part))); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := cli.run(t, filepath.Join(dir, "testing"), "test", "-no-color"); err != nil || !strings.Contains(string(out), "1 passed, 0 failed") {
		t.Errorf("%v\n%s", err, out)
	}
}

// newLibrary collects the provider's schemas and the modules of the repository.
func newLibrary(t *testing.T) library {
	t.Helper()
	schemas, err := providerserver.NewProtocol6(provider.New("test")())().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	l := library{schemas: schemas, modules: map[string]module{}}
	for _, file := range tracked(t, "modules/*/variables.tf") {
		directory := filepath.Dir(file)
		m := module{keys: map[string][]string{}}
		for _, source := range tracked(t, directory+"/*.tf") {
			if filepath.Dir(source) == directory {
				m.read(t, source)
			}
		}
		l.modules[filepath.Base(directory)] = m
	}
	return l
}

// read adds the variables and outputs that a file declares.
func (m *module) read(t *testing.T, file string) {
	t.Helper()
	source := read(t, file)
	parsed, diags := hclsyntax.ParseConfig([]byte(source), file, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	body, _ := parsed.Body.(*hclsyntax.Body)
	for _, b := range body.Blocks {
		switch b.Type {
		case "variable":
			if b.Body.Attributes["default"] == nil {
				m.required = append(m.required, b.Labels[0])
			}
			var stub strings.Builder
			fmt.Fprintf(&stub, "variable %q {\n", b.Labels[0])
			for _, kept := range []string{"type", "default", "nullable", "sensitive", "ephemeral"} {
				if a := b.Body.Attributes[kept]; a != nil {
					stub.WriteString(source[a.SrcRange.Start.Byte:a.SrcRange.End.Byte] + "\n")
				}
			}
			m.inputs = append(m.inputs, stub.String()+"}\n")
		case "output":
			m.outputs = append(m.outputs, fmt.Sprintf("output %q {\n  value = terraform_data.unknown.output\n}\n", b.Labels[0]))
			m.keys[b.Labels[0]] = keys(b.Body.Attributes["value"].Expr)
		}
	}
}

// keys are those that an expression gives an object.
func keys(of hclsyntax.Expression) (names []string) {
	object, ok := of.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return nil
	}
	for _, item := range object.Items {
		if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() {
			names = append(names, key.AsString())
		}
	}
	return names
}

// stub is a module with the same inputs and outputs that does nothing.
func (m *module) stub() string {
	return strings.Join(m.inputs, "") + strings.Join(m.outputs, "") + "resource \"terraform_data\" \"unknown\" {\n  input = plantimestamp()\n}\n"
}

// exampleDirectories are those of examples/ that hold configurations.
func exampleDirectories(t *testing.T) []string {
	t.Helper()
	directories := map[string]bool{}
	for _, file := range tracked(t, "examples/*.tf", "examples/*.hcl") {
		directories[filepath.Dir(file)] = true
	}
	return slices.Sorted(maps.Keys(directories))
}

// example is the configuration of a directory, as one piece.
func example(t *testing.T, directory string) block {
	t.Helper()
	b := block{file: directory, line: 1}
	for _, file := range tracked(t, directory+"/*.tf", directory+"/*.hcl") {
		if filepath.Dir(file) == directory && !strings.HasSuffix(file, ".tftest.hcl") {
			b.hcl += read(t, file) + "\n"
		}
	}
	return b
}

// commandLine is Terraform or OpenTofu.
type commandLine struct {
	program string
	config  string
	// minor is the second number of Terraform's version, and of OpenTofu's none.
	minor int
}

func newCommandLine(t *testing.T) commandLine {
	t.Helper()
	bin := os.Getenv("PREFECT_DOCUMENTATION")
	if bin == "" {
		t.Skip("PREFECT_DOCUMENTATION is not set; `make test` builds the provider and sets it to its directory")
	}
	cli := commandLine{program: os.Getenv("TF_ACC_TERRAFORM_PATH"), config: filepath.Join(t.TempDir(), "terraform.rc")}
	if cli.program == "" {
		cli.program = "terraform"
	}
	out, err := exec.CommandContext(t.Context(), cli.program, "version").Output() //nolint:gosec // chosen by whoever runs the tests
	if err != nil {
		t.Fatal(err)
	}
	if version := regexp.MustCompile(`Terraform v1\.(\d+)`).FindSubmatch(out); version != nil {
		if cli.minor, err = strconv.Atoi(string(version[1])); err != nil {
			t.Fatal(err)
		}
	}
	rc := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefect-server/prefect\" = %q\n  }\n  direct {}\n}\n", bin)
	if err := os.WriteFile(cli.config, []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	return cli
}

// validate says what is wrong with a piece of HCL.
func (cli commandLine) validate(t *testing.T, l library, b block) (wrong []string) {
	t.Helper()
	l.minor = cli.minor
	piece, rest, err := l.complete(b)
	if err != nil {
		return []string{err.Error()}
	}
	// Examples name files of examples/flows, which is beside them or one further up.
	above := t.TempDir()
	dir := filepath.Join(above, "examples", "patterns")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	arguments := []string{"validate", "-json"}
	switch {
	case cli.queries(piece):
		write("main.tfquery.hcl", piece)
		arguments = append(arguments, "-query")
	case testBlock.MatchString(piece):
		write("main.tftest.hcl", piece)
	default:
		write("main.tf", piece)
	}
	write("rest.tf", rest)
	for name, m := range l.modules {
		if strings.Contains(piece+rest, "./stubs/"+name) {
			write("stubs/"+name+"/main.tf", m.stub())
		}
	}
	for _, file := range tracked(t, "examples/flows/*.json", "examples/flows/*.yaml") {
		for _, beside := range []string{"", "flows", "../flows", "../../flows"} {
			write(filepath.Join(beside, filepath.Base(file)), read(t, file))
		}
	}
	write("flows.json", read(t, "examples/flows/etl.json"))
	write("input.csv", "year,value\n")
	if strings.Contains(piece+rest, "./stubs/") {
		if out, err := cli.run(t, dir, "get"); err != nil {
			return []string{fmt.Sprintf("%s\n%s", out, piece)}
		}
	}
	out, _ := cli.run(t, dir, arguments...)
	var result struct {
		Diagnostics []struct{ Severity, Summary, Detail string }
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, d := range result.Diagnostics {
		if d.Severity == "error" {
			wrong = append(wrong, fmt.Sprintf("%s: %s\nin:\n%s\n%s", d.Summary, d.Detail, piece, rest))
		}
	}
	return wrong
}

// testBlock is the beginning of a block that belongs into a file of tests.
var testBlock = regexp.MustCompile(`(?m)^(run|mock_provider|override_resource) `)

// queries says whether a piece belongs into a file of queries.
func (cli commandLine) queries(piece string) bool {
	return cli.minor >= 14 && regexp.MustCompile(`(?m)^list "`).MatchString(piece)
}

func (cli commandLine) run(t *testing.T, dir string, arguments ...string) ([]byte, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), cli.program, arguments...) //nolint:gosec // chosen by whoever runs the tests
	command.Dir = dir
	command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+cli.config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return command.Output() //nolint:wrapcheck // the caller reads the output
}
