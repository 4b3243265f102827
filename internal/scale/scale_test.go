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
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
)

// tasks is how many each flow has.
const tasks = 20

// TestScale measures and writes the table.
func TestScale(t *testing.T) {
	sizes := numbers(t, os.Getenv("PREFECT_BENCH_SCALE"))
	if len(sizes) == 0 {
		t.Skip("PREFECT_BENCH_SCALE is not set; `make bench-scale` sets it to numbers of flows")
	}
	b := &bench{t: t, repeat: max(numbers(t, cmp.Or(os.Getenv("PREFECT_BENCH_RUNS"), "3"))[0], 1)}
	for _, size := range sizes {
		b.measure(size)
	}
	table := b.table()
	t.Log("\n" + table)
	if file := os.Getenv("PREFECT_BENCH_OUT"); file != "" {
		if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
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
}

// row is a line of the table.
type row struct {
	size     int
	work     string
	costs    []acctest.Cost
	requests int    // of one run; -1 if they cannot be counted
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
	register  = "`prefect register`, new"
	unchanged = "`prefect register`, unchanged"
)

// measure measures everything at one size, the floors in the same run.
func (b *bench) measure(size int) {
	t := b.t
	terraform := cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform")
	server := acctest.ServerWith(t, prefectserver.Options{})
	flows := generate(t, size)
	floors := map[string]string{
		plain:     "resource \"terraform_data\" \"all\" {\n  for_each = fileset(path.module, \"flows/*.json\")\n  input    = each.value\n}\n",
		documents: "resource \"terraform_data\" \"all\" {\n  for_each = fileset(path.module, \"flows/*.json\")\n  input    = file(\"${path.module}/${each.value}\")\n}\n",
	}
	for _, work := range []string{plain, documents} {
		w := b.workspace(terraform, flows)
		w.Write("main.tf", floors[work])
		w.Apply("-parallelism=10")
		if work == documents {
			b.add(size, creation, "", 0, w.Last)
		}
		b.add(size, work, "", 0, b.plans(w)...)
	}

	b.flows(terraform, server, flows, "flow_json", `flow_json = file("${path.module}/${each.value}")`, documents)
	b.flows(terraform, server, flows, "flow_file", `flow_file = "${path.module}/${each.value}"`, plain)
	b.cli(server, flows, size)
}

// flows measures flows that are given by an argument, against the no-op plan of a floor.
func (b *bench) flows(terraform string, server *acctest.PrefectServer, flows []json.RawMessage, name, argument, floor string) {
	size := len(flows)
	w := b.workspace(terraform, flows)
	w.Configure(server, nil, fmt.Sprintf(`
resource "prefect_project" "data" {
  name          = "scale with %s"
  force_destroy = true
}

resource "prefect_flow" "all" {
  for_each   = fileset(path.module, "flows/*.json")
  project_id = prefect_project.data.id
  %s
}
`, name, argument))
	count := b.counting(server)
	w.Apply()
	b.add(size, "creation of `prefect_flow`, `"+name+"`", creation, count(), w.Last)
	count = b.counting(server)
	costs := b.plans(w)
	requests := count()
	if requests >= 0 {
		requests /= b.repeat
	}
	b.add(size, "no-op plan of `prefect_flow`, `"+name+"`", floor, requests, costs...)
}

// workspace has the flows, each in a file.
func (b *bench) workspace(terraform string, flows []json.RawMessage) *acctest.Workspace {
	b.t.Helper()
	w := acctest.NewWorkspace(b.t, terraform, os.Getenv("PREFECT_CLI_TESTS"), "GOGC=100", "GOMEMLIMIT=off") // tests change these
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

// counting counts requests from now on; -1 if the Server is not the embedded one.
func (b *bench) counting(server *acctest.PrefectServer) func() int {
	if server.Server == nil {
		return func() int { return -1 }
	}
	server.Server.ResetRequests()
	return func() int { return len(server.Server.Requests()) }
}

// cli registers the same flows with Prefect's own command line, twice, if PREFECT_BENCH_CLI names it.
func (b *bench) cli(server *acctest.PrefectServer, flows []json.RawMessage, size int) {
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
	for _, work := range []string{register, unchanged} {
		count := b.counting(server)
		command := exec.CommandContext(t.Context(), prefect, "register", "--project", "by the CLI", "--json", document) //nolint:gosec // chosen by whoever measures
		command.Env = append(os.Environ(), "HOME="+home, "PREFECT__BACKEND=server", "PREFECT__CLOUD__API="+server.API,
			"PREFECT__CLOUD__TENANT_ID="+server.TenantID, "PYTHONWARNINGS=ignore")
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		begin := time.Now()
		if err := command.Run(); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		b.add(size, work, "", count(), acctest.CostOf(command.ProcessState, time.Since(begin)))
	}
}

// generate makes flows of a chain of tasks, as `prefect build` writes them.
func generate(t *testing.T, size int) []json.RawMessage {
	t.Helper()
	source, err := os.ReadFile("../../examples/flows/etl.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Flows []map[string]any }
	if err := json.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	flow := document.Flows[0]
	model, _ := flow["tasks"].([]any)[0].(map[string]any)
	var all, edges []any
	for i := range tasks {
		task := map[string]any{}
		for name, value := range model {
			task[name] = value
		}
		task["name"], task["slug"] = fmt.Sprintf("task %d", i), fmt.Sprintf("task-%d", i)
		all = append(all, task)
		if i > 0 {
			edges = append(edges, map[string]any{
				"__version__": "1.4.1", "flattened": false, "mapped": false, "key": nil,
				"upstream_task": map[string]any{"__version__": "1.4.1", "slug": fmt.Sprintf("task-%d", i-1)}, "downstream_task": map[string]any{"__version__": "1.4.1", "slug": task["slug"]},
			})
		}
	}
	flow["tasks"], flow["edges"], flow["reference_tasks"] = all, edges, []any{}
	flows := make([]json.RawMessage, size)
	for i := range flows {
		flow["name"] = fmt.Sprintf("flow %05d", i)
		if flows[i], err = json.Marshal(flow); err != nil {
			t.Fatal(err)
		}
	}
	return flows
}

// table is what was measured, in Markdown.
func (b *bench) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Flows of %d tasks; %d processors, %s/%s, Go %s. Minimum and median of the runs. Processor seconds are those of the command and "+
		"all that it started; the ratio compares them with the floor or rival of the same run.\n\n", tasks, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		strings.TrimPrefix(runtime.Version(), "go"))
	out.WriteString("| Flows | Work | Wall, s | Processor, s | Memory, MB | Requests | Ratio |\n|--:|---|--:|--:|--:|--:|--:|\n")
	for _, r := range b.rows {
		requests, ratio := "-", "-"
		if r.requests > 0 {
			requests = strconv.Itoa(r.requests)
		}
		at := slices.IndexFunc(b.rows, func(other row) bool { return other.size == r.size && other.work == r.floor })
		if at >= 0 {
			ratio = fmt.Sprintf("%.2f", cpu(r.costs)[0]/cpu(b.rows[at].costs)[0])
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
