package scale

import (
	"fmt"
	"path/filepath"
	"sync"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// counted is the work that plans of many objects are compared with.
const counted = "no-op plan of `terraform_data` with `count`"

// grow measures plans of so many flows that are in the state already: Terraform would write the state once for each that it
// creates. `count` costs Terraform less than `for_each`, so that what is measured is the work for each flow.
func (b *bench) grow(size int) {
	t := b.t
	flows := generate(t, size)
	plainly := b.workspace(b.terraform(), nil)
	plainly.Write("main.tf", fmt.Sprintf("resource \"terraform_data\" \"all\" {\n  count = %d\n  input = \"flows/${format(\"%%05d\", count.index)}.json\"\n}\n", size))
	instances := make([]acctest.Instance, size)
	for i := range instances {
		value := map[string]any{"type": "string", "value": fmt.Sprintf("flows/%05d.json", i)}
		instances[i] = acctest.Instance{Index: i, Attributes: map[string]any{"id": fmt.Sprintf("%08d", i), "input": value, "output": value, "triggers_replace": nil}}
	}
	plainly.WriteState("terraform.io/builtin/terraform", "terraform_data", "all", instances)
	b.add(size, counted, "", 0, b.plans(plainly)...)

	server := b.server()
	projectID, err := server.Client.CreateProject(t.Context(), "many", nil)
	if err != nil {
		t.Fatal(err)
	}
	w := b.workspace(b.terraform(), flows)
	w.Configure(server, nil, fmt.Sprintf(`
resource "prefect_flow" "all" {
  count      = %d
  project_id = %q
  flow_file  = "${path.module}/flows/${format("%%05d", count.index)}.json"
}
`, size, projectID))
	session := acctest.Connect(t, server, nil)
	var creations sync.WaitGroup
	for worker := range parallelCreations {
		creations.Go(func() {
			for i := worker; i < size; i += parallelCreations {
				file := fmt.Sprintf("flows/%05d.json", i)
				created := session.Create("prefect_flow", map[string]any{"project_id": projectID, "flow_file": filepath.Join(w.Dir, file)})
				if len(created.Diagnostics) > 0 {
					t.Errorf("%+v", created.Diagnostics)
					return
				}
				instances[i] = created.Instance(i)
				instances[i].Attributes["flow_file"] = "./" + file
			}
		})
	}
	if creations.Wait(); t.Failed() {
		t.FailNow()
	}
	w.WriteState(prefectAddress, "prefect_flow", "all", instances)
	count := b.counting(server)
	costs := b.plans(w)
	b.add(size, "no-op plan of `prefect_flow` with `count`, `flow_file`", counted, count()/b.repeat, costs...)
	b.add(size, "the same with the idle provider", counted, 0, b.plans(b.idly(w))...)
}

// idly is a workspace with the configuration and state of another whose provider has the same schemas and asks nobody: what a plan
// costs there, it costs any provider of these attributes.
func (b *bench) idly(w *acctest.Workspace) *acctest.Workspace {
	b.t.Helper()
	if b.idle == "" {
		b.idle = b.build("idle")
	}
	still := acctest.NewWorkspace(b.t, b.terraform(), b.idle, asUsers...)
	for _, file := range []string{"main.tf", "terraform.tfstate"} {
		still.Write(file, w.Read(file))
	}
	return still
}

// parallelCreations is how many flows are created at a time; they share requests.
const parallelCreations = 100

// prefectAddress is the address of the provider in a state.
const prefectAddress = "registry.terraform.io/prefect-server/prefect"
