package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// everyNoun is a configuration of each noun, in two states.
func everyNoun(second bool) string {
	v := map[string]string{"n": "1", "labels": `["a", "b"]`, "switches": "heartbeat = false"}
	if second {
		v = map[string]string{"n": "2", "labels": `["c"]`, "switches": "active = false"}
	}
	hook := ""
	group := v["switches"]
	if second {
		hook, group = v["switches"], "lazarus = false"
	}
	return fmt.Sprintf(`
resource "prefect_tenant" "t" {
  name = "Other %[1]s"
  slug = "other"
}

resource "prefect_project" "p" {
  name        = "chaos"
  description = "%[1]s"
}

resource "prefect_flow" "f" {
  project_id      = prefect_project.p.id
  flow_json       = file("etl.json")
  description     = "%[1]s"
  deletion_policy = "delete"
}

resource "prefect_flow_group" "g" {
  version_group_id   = prefect_flow.f.id
  description        = "%[1]s"
  labels             = %[2]s
  default_parameters = jsonencode({ country = "%[1]s" })
  schedule           = { clocks = [{ cron = "0 0 1 %[1]s *" }] }
  %[3]s
}

resource "prefect_cloud_hook" "h" {
  states  = ["Failed"]
  webhook = { url = "https://hooks.example.com/%[1]s" }
  %[4]s
}

resource "prefect_flow_run" "r" {
  flow_id    = prefect_flow.f.flow_id
  wait_for   = "none"
  triggers   = { n = "%[1]s" }
  on_destroy = "delete"
}
`, v["n"], v["labels"], group, hook)
}

// killer ends the provider while its requests are under way.
type killer struct {
	*proxy
	t      *testing.T
	w      *acctest.Workspace
	server *acctest.PrefectServer
	// kills and imports count what was done.
	kills, imports int
}

func (k *killer) keep(these func(string) bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keeps = these
}

// operationName is the name of a request's operation.
func operationName(asked string) (name string, mutation bool) {
	var request struct {
		Name  string `json:"operationName"`
		Query string `json:"query"`
	}
	_ = json.Unmarshal([]byte(asked), &request) // a body that is no request has no name
	return request.Name, strings.Contains(request.Query, "mutation "+request.Name)
}

// kill ends the provider's process that works in the directory of the workspace, as the kernel does when memory runs out.
func (k *killer) kill(w http.ResponseWriter, _ []byte) {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	killed := false
	for _, process := range processes {
		program, _ := os.Readlink(filepath.Join(process, "exe"))
		directory, _ := os.Readlink(filepath.Join(process, "cwd"))
		if filepath.Base(program) != "terraform-provider-prefect" || directory != k.w.Dir {
			continue
		}
		id, err := strconv.Atoi(filepath.Base(process))
		if err != nil {
			continue
		}
		if found, err := os.FindProcess(id); err == nil && found.Kill() == nil {
			killed = true
		}
	}
	if !killed {
		k.t.Error("no process of the provider was found")
	}
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}

var importOf = regexp.MustCompile(`to = (prefect_[a-z_]+)\.<name>[\s│]+id = "([0-9a-f-]{36})"`)

// through runs a command until it gets through without meeting a new request. Its provider is killed at the first of each
// operation that it sends: at a mutation twice, before the Server has it and when it has carried it out. Where the
// next command says that an object is in the way, that object is imported.
func (k *killer) through(addresses map[string]string, command ...string) {
	k.t.Helper()
	defer k.attack(nil, nil)
	met := map[string]int{}
	imported := ""
	for range 80 {
		killed, kept := "", false
		k.attack(k.kill, func(asked string) bool {
			name, mutation := operationName(asked)
			if killed != "" || met[name] == 2 || met[name] == 1 && !mutation {
				return false
			}
			met[name]++
			killed, kept = name, mutation && met[name] == 1
			return true
		})
		k.keep(func(string) bool { return kept })
		output, code := k.w.Try(command...)
		switch {
		case killed != "":
			k.kills++
		case code == 0:
			k.w.Write("import.tf", "")
			return
		default:
			imported = k.adopt(output, imported, addresses)
		}
	}
	k.t.Fatal("there is no end of new requests")
}

// adopt imports what is in the way.
func (k *killer) adopt(output, imported string, addresses map[string]string) string {
	k.t.Helper()
	found := importOf.FindStringSubmatch(output)
	if found == nil {
		k.t.Fatalf("not got through:\n%s", output)
	}
	if !strings.Contains(imported, found[2]) {
		k.imports++
		imported += fmt.Sprintf("import {\n  to = %s.%s\n  id = %q\n}\n", found[1], addresses[found[1]], found[2])
		k.w.Write("import.tf", imported)
	}
	return imported
}

// TestKills kills the provider at each request of each operation on each noun. Nothing is lost, and nothing exists twice.
func TestKills(t *testing.T) {
	t.Parallel()
	server := acctest.Embedded(t, prefectserver.Options{})
	p := newProxy(t, server.API)
	behind := *server
	behind.API = p.url
	k := &killer{proxy: p, t: t, server: server, w: terraform(t, &behind, everyNoun(false))}
	addresses := map[string]string{"prefect_tenant": "t", "prefect_project": "p", "prefect_cloud_hook": "h"}

	k.through(addresses, "apply", "-auto-approve", "-input=false")
	k.exactly("after the creation", 1)
	k.w.Unchanged("after the creation")
	t.Logf("creation: %d kills, %d imports", k.kills, k.imports)

	k.w.Configure(&behind, nil, everyNoun(true))
	k.through(addresses, "apply", "-auto-approve", "-input=false")
	k.exactly("after the update", 1)
	k.w.Unchanged("after the update")
	t.Logf("with the update: %d kills, %d imports", k.kills, k.imports)

	k.through(addresses, "destroy", "-auto-approve", "-input=false")
	k.exactly("after the destroy", 0)
	t.Logf("with the destroy: %d kills, %d imports", k.kills, k.imports)
}

// exactly wants so many objects of each kind.
func (k *killer) exactly(when string, want int) {
	k.t.Helper()
	one(k.t, when, k.server.Client, want)
	tenants, err := k.server.Client.ListTenants(k.t.Context(), prefect.TenantFilter{SlugLike: "other"})
	fatal(k.t, err)
	if len(tenants) != want {
		k.t.Errorf("%s: %d tenants, want %d", when, len(tenants), want)
	}
}

// TestNoAnswerAfterCreation lets a creation through, and then nothing until the apply has failed. The next apply finds out by
// itself what became of it.
func TestNoAnswerAfterCreation(t *testing.T) {
	t.Parallel()
	for _, creation := range []string{"CreateTenant", "CreateProject", "RegisterFlow", "CreateCloudHook", "CreateFlowRun"} {
		t.Run(creation, func(t *testing.T) {
			t.Parallel()
			server := acctest.Embedded(t, prefectserver.Options{})
			p := newProxy(t, server.API)
			behind := *server
			behind.API = p.url
			k := &killer{proxy: p, t: t, server: server, w: terraform(t, &behind, everyNoun(false))}
			k.w.Write("main.tf", strings.Replace(k.w.Read("main.tf"), "  endpoint = ", "  max_retries = 1\n  endpoint = ", 1))
			done := false
			p.attack(answers()["closed"], func(asked string) bool {
				name, _ := operationName(asked)
				done = done || name == creation
				return done
			})
			carriedOut := false
			k.keep(func(asked string) bool {
				name, _ := operationName(asked)
				first := name == creation && !carriedOut
				carriedOut = carriedOut || first
				return !first
			})
			if output, code := k.w.Try("apply", "-auto-approve", "-input=false"); code == 0 || !carriedOut {
				t.Fatalf("the apply succeeded (carried out: %t):\n%s", carriedOut, output)
			}
			p.attack(nil, nil)
			k.w.Apply()
			k.exactly("after the next apply", 1)
			k.w.Unchanged("after the next apply")
		})
	}
}
