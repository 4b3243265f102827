package scale

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// tasks is how many tasks each flow has.
const tasks = 20

// project is a project for a name.
const project = `
resource "prefect_project" "data" {
  name          = %q
  force_destroy = true
}
`

// files are the flows' files. Terraform evaluates for_each anew for each instance; for a set, which for_each may also
// be, the time grows with the square of the number.
const files = "locals {\n  flows = { for file in fileset(path.module, \"flows/*.json\") : file => file }\n}\n"

// TestScale measures and writes the table.
func TestScale(t *testing.T) {
	if _, asked := os.LookupEnv("PREFECT_BENCH_SCALE"); !asked {
		t.Skip("PREFECT_BENCH_SCALE is not set; `make bench-scale` sets it to numbers of flows")
	}
	sizes := numbers(t, os.Getenv("PREFECT_BENCH_SCALE"))
	b := &bench{t: t, repeat: max(numbers(t, cmp.Or(os.Getenv("PREFECT_BENCH_RUNS"), "3"))[0], 1)}
	if len(sizes) > 0 {
		b.start()
	}
	for _, size := range sizes {
		b.measure(size)
	}
	for _, size := range numbers(t, setting("PREFECT_BENCH_SCALE_RUNS", "1000")) {
		b.runs(size)
	}
	if len(sizes) > 0 {
		b.large(5000)
	}
	for _, size := range numbers(t, setting("PREFECT_BENCH_GROWTH", "1000")) {
		b.grow(size)
	}
	for _, size := range numbers(t, setting("PREFECT_BENCH_WAITS", "200")) {
		b.waited(size)
	}
	table := b.table()
	t.Log("\n" + table)
	if file := os.Getenv("PREFECT_BENCH_OUT"); file != "" {
		if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// setting is a variable of the environment, which may be empty, or what it is if it is not set.
func setting(name, otherwise string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return otherwise
}

func numbers(t *testing.T, list string) (all []int) {
	t.Helper()
	for text := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		number, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, number)
	}
	return all
}

// bench collects what was measured.
type bench struct {
	t      *testing.T
	repeat int
	rows   []row
	// idle is the directory of the idle provider, once it is built.
	idle string
	// left says which work was left out and why.
	left []string
	// requests counts those to each proxy of counted, by its address.
	requests map[string]*atomic.Int64
}

// row is a line of the table.
type row struct {
	size     int
	work     string
	costs    []acctest.Cost
	requests int    // of one run
	floor    string // the work that it is compared with
}

func (b *bench) add(size int, work, floor string, requests int, costs ...acctest.Cost) {
	b.rows = append(b.rows, row{size: size, work: work, costs: costs, requests: requests, floor: floor})
	b.t.Logf("%d flows, %s: %v", size, work, costs)
}

// Works that others are compared with.
const (
	plain     = "no-op plan of `terraform_data`"
	documents = "no-op plan of `terraform_data` with the documents"
	creation  = "creation of `terraform_data` with the documents"
	bare      = "creation of `terraform_data`"
	register  = "`prefect register`, new"
	unchanged = "`prefect register`, unchanged"
)

// measure measures everything at one size, the floors in the same run.
func (b *bench) measure(size int) {
	t := b.t
	terraform := b.terraform()
	server := b.server()
	flows := generate(t, size)
	floors := map[string]string{
		plain:     files + "resource \"terraform_data\" \"all\" {\n  for_each = local.flows\n  input    = each.value\n}\n",
		documents: files + "resource \"terraform_data\" \"all\" {\n  for_each = local.flows\n  input    = file(\"${path.module}/${each.value}\")\n}\n",
	}
	for _, work := range []string{plain, documents} {
		w := b.workspace(terraform, flows)
		w.Write("main.tf", floors[work])
		w.Apply("-parallelism=10")
		b.add(size, map[string]string{plain: bare, documents: creation}[work], "", 0, w.Last)
		b.add(size, work, "", 0, b.plans(w)...)
	}

	b.cli(server, flows, size)
	for _, kind := range []string{"flow_file", "flow_json"} {
		argument, floor := "flow_file  = \"${path.module}/${each.value}\"", plain
		if kind == "flow_json" {
			argument, floor = "flow_json  = file(\"${path.module}/${each.value}\")", documents
		}
		w := b.workspace(terraform, flows)
		w.Configure(server, nil, files+fmt.Sprintf(project, kind)+`
resource "prefect_flow" "all" {
  for_each   = local.flows
  project_id = prefect_project.data.id
  `+argument+`
}
`)
		count := b.counting(server)
		w.Apply()
		b.add(size, "creation of `prefect_flow`, `"+kind+"`", b.or(size, register, creation), count(), w.Last)
		count = b.counting(server)
		costs := b.plans(w)
		b.add(size, "no-op plan of `prefect_flow`, `"+kind+"`", floor, count()/b.repeat, costs...)
		count = b.counting(server)
		w.Apply()
		b.add(size, "unchanged `prefect_flow` again, `"+kind+"`", b.or(size, unchanged, floor), count(), w.Last)
	}
}

// or returns the first of two works that was measured.
func (b *bench) or(size int, work, otherwise string) string {
	if slices.ContainsFunc(b.rows, func(r row) bool { return r.size == size && r.work == work }) {
		return work
	}
	return otherwise
}

// start measures the start of the provider, beside Terraform alone and the least that a provider can be.
func (b *bench) start() {
	const alone, empty, ours = "`validate` of one `terraform_data`", "`validate` with an empty provider", "`validate` of one `prefect_project`"
	least := b.build("empty")
	var workspaces []*acctest.Workspace
	works := []string{alone, empty, ours}
	for _, work := range works {
		w := acctest.NewWorkspace(b.t, b.terraform(), map[bool]string{true: least, false: os.Getenv("PREFECT_CLI_TESTS")}[work == empty], asUsers...)
		w.Write("main.tf", "resource \"terraform_data\" \"one\" {}\n")
		if work != alone {
			w.Write("main.tf", "terraform {\n  required_providers {\n    prefect = { source = \"prefect-server/prefect\" }\n  }\n}\n\nresource \"prefect_project\" \"one\" {\n  name = \"start\"\n}\n")
		}
		workspaces = append(workspaces, w)
	}
	costs := make([][]acctest.Cost, len(works))
	for range max(b.repeat, 9) { // in turns, so that a slow moment meets all
		for i, w := range workspaces {
			w.Run("validate")
			costs[i] = append(costs[i], w.Last)
		}
	}
	for i, work := range works {
		b.add(1, work, alone, 0, costs[i]...)
	}
}

// build builds one of the providers that measurements are compared with, and returns its directory.
func (b *bench) build(name string) string {
	b.t.Helper()
	directory := b.t.TempDir()
	build := exec.CommandContext(b.t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", directory+"/terraform-provider-prefect", "./testdata/"+name) //nolint:gosec // in a directory of the test
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, output)
	}
	return directory
}

// runs measures the plan of runs that have finished.
func (b *bench) runs(size int) {
	t := b.t
	server := b.server()
	floor := b.workspace(b.terraform(), nil)
	floor.Write("main.tf", fmt.Sprintf("resource \"terraform_data\" \"all\" {\n  count = %d\n  input = count.index\n}\n", size))
	floor.Apply()
	b.add(size, bare, "", 0, floor.Last)
	b.add(size, plain, "", 0, b.plans(floor)...)
	w := b.workspace(b.terraform(), generate(t, 1))
	w.Configure(server, nil, fmt.Sprintf(project, "runs")+fmt.Sprintf(`
resource "prefect_flow" "one" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/flows/00000.json"
}

resource "prefect_flow_run" "all" {
  count    = %d
  flow_id  = prefect_flow.one.flow_id
  triggers = { n = count.index }
  wait_for = "none"
}
`, size))
	count := b.counting(server)
	w.Apply()
	b.add(size, "creation of `prefect_flow_run`, not waited for", bare, count(), w.Last)
	setAll(t, server, size, states.Success)
	w.Apply("-refresh-only")
	count = b.counting(server)
	costs := b.plans(w)
	b.add(size, "no-op plan of finished `prefect_flow_run`", plain, count()/b.repeat, costs...)
	b.add(size, "the same with the idle provider", plain, 0, b.plans(b.idly(w))...)
}

// large measures one flow of many tasks.
func (b *bench) large(size int) {
	server := b.server()
	flows := generateWith(b.t, 1, size)
	label := fmt.Sprintf(" of one flow of %d tasks", size)
	b.cliAs(server, flows, 1, register+label, unchanged+label)
	w := b.workspace(b.terraform(), flows)
	w.Configure(server, nil, fmt.Sprintf(project, "large")+`
resource "prefect_flow" "one" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/flows/00000.json"
}
`)
	count := b.counting(server)
	w.Apply()
	b.add(1, "creation"+label, register+label, count(), w.Last)
	count = b.counting(server)
	costs := b.plans(w)
	b.add(1, "no-op plan"+label, unchanged+label, count()/b.repeat, costs...)
}

// asUsers is the environment that users have; tests change it.
var asUsers = []string{"GOGC=", "GOMEMLIMIT="} //nolint:gochecknoglobals // a constant

// terraform is the command line to measure with.
func (b *bench) terraform() string { return cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform") }

// workspace has the flows, each in a file.
func (b *bench) workspace(terraform string, flows []json.RawMessage) *acctest.Workspace {
	b.t.Helper()
	w := acctest.NewWorkspace(b.t, terraform, os.Getenv("PREFECT_CLI_TESTS"), asUsers...)
	for i, flow := range flows {
		w.Write(fmt.Sprintf("flows/%05d.json", i), string(flow))
	}
	return w
}

// plans makes plans that change nothing.
func (b *bench) plans(w *acctest.Workspace) (costs []acctest.Cost) {
	b.t.Helper()
	for range b.repeat {
		w.Unchanged("without a change")
		costs = append(costs, w.Last)
	}
	return costs
}

// cli registers the same flows with Prefect's own command line, twice, if PREFECT_BENCH_CLI names it.
func (b *bench) cli(server *acctest.PrefectServer, flows []json.RawMessage, size int) {
	b.cliAs(server, flows, size, register, unchanged)
}

// cliAs is cli under other names.
func (b *bench) cliAs(server *acctest.PrefectServer, flows []json.RawMessage, size int, works ...string) {
	t := b.t
	prefect := os.Getenv("PREFECT_BENCH_CLI")
	if prefect == "" {
		return
	}
	home := t.TempDir()
	document := filepath.Join(home, "flows.json")
	text, err := json.Marshal(map[string]any{"version": 1, "flows": flows})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Client.CreateProject(t.Context(), "by the CLI", nil); err != nil {
		t.Fatal(err)
	}
	for _, work := range works {
		count := b.counting(server)
		command := exec.CommandContext(t.Context(), prefect, "register", "--project", "by the CLI", "--json", document) //nolint:gosec // chosen by whoever measures
		command.Env = append(os.Environ(), "HOME="+home, "PREFECT__BACKEND=server", "PREFECT__CLOUD__API="+server.API,
			"PREFECT__CLOUD__TENANT_ID="+server.TenantID, "PYTHONWARNINGS=ignore")
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		cost, err := acctest.Measure(command)
		if err != nil || !command.ProcessState.Success() {
			t.Fatalf("%v %v\n%s", err, command.ProcessState, out.String())
		}
		b.add(size, work, "", count(), cost)
	}
}

// table is what was measured, in Markdown.
func (b *bench) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Flows of %d tasks; %d processors, %s/%s, Go %s. Minimum and median of the runs. Processor seconds are those of the command and "+
		"all that it started; the ratio compares them with the floor or rival of the same run.\n\n", tasks, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		strings.TrimPrefix(runtime.Version(), "go"))
	out.WriteString("| Objects | Work | Wall, s | Processor, s | Memory, MB | Requests | Ratio |\n|--:|---|--:|--:|--:|--:|--:|\n")
	for i, r := range b.rows {
		requests, ratio := "-", "-"
		if r.requests > 0 {
			requests = strconv.Itoa(r.requests)
		}
		for _, other := range b.rows[:i] { // the last such one, measured in the same minutes
			if other.size == r.size && other.work == r.floor {
				ratio = fmt.Sprintf("%.2f", cpu(r.costs)[0]/cpu(other.costs)[0])
			}
		}
		var wall []float64
		var memory int64
		for _, c := range r.costs {
			wall = append(wall, c.Wall.Seconds())
			memory = max(memory, c.Memory)
		}
		slices.Sort(wall)
		fmt.Fprintf(&out, "| %d | %s | %s | %s | %d | %s | %s |\n", r.size, r.work, spread(wall), spread(cpu(r.costs)), memory>>20, requests, ratio)
	}
	for _, work := range b.left {
		fmt.Fprintf(&out, "\nLeft out: %s.\n", work)
	}
	return out.String()
}

// cpu are processor seconds, the smallest first.
func cpu(costs []acctest.Cost) (seconds []float64) {
	for _, c := range costs {
		seconds = append(seconds, c.CPU.Seconds())
	}
	slices.Sort(seconds)
	return seconds
}

// spread are the minimum and the median of sorted figures.
func spread(figures []float64) string {
	if len(figures) == 1 {
		return fmt.Sprintf("%.2f", figures[0])
	}
	return fmt.Sprintf("%.2f / %.2f", figures[0], figures[len(figures)/2])
}
