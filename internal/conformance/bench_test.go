package conformance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// bench is a Server with one object of each kind.
type bench struct {
	*acctest.PrefectServer
	t       *testing.T
	project string
	flow    *prefect.Flow
	run     string

	certificate, key, otherKey string // PEM
}

// shared is held by the one test that uses a Server which is not the test's own: a version group is one for all tenants
// of a Server, so that registrations of the same name would archive each other.
var shared sync.Mutex

func newBench(t *testing.T) *bench {
	t.Helper()
	if os.Getenv("PREFECT_ACC_API") != "" {
		shared.Lock()
		t.Cleanup(shared.Unlock) // after the tenant is deleted
	}
	b := &bench{PrefectServer: acctest.Server(t), t: t}
	b.makeKeys()
	var err error
	b.project, err = b.Client.CreateProject(t.Context(), "flows", nil)
	b.check(err)
	var serialized map[string]any
	b.check(json.Unmarshal([]byte(flowJSON("etl")), &serialized))
	serialized["parameters"] = []any{map[string]any{"name": "n", "slug": "n", "required": true, "default": nil}}
	id, err := b.Client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: b.project, SerializedFlow: serialized, VersionGroupID: "etl"})
	b.check(err)
	b.flow, err = b.Client.GetFlow(t.Context(), id)
	b.check(err)
	b.run, err = b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{FlowID: id, Parameters: json.RawMessage(`{"n": 1}`), Name: "first"})
	b.check(err)
	return b
}

func (b *bench) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// alone takes the tenants of other tests out of what lists all tenants: a Server that is not embedded is not the test's own.
func (b *bench) alone(found []acctest.Diagnostic) []acctest.Diagnostic {
	other := `[a-z]+-[0-9a-f]{10}`
	list := regexp.MustCompile(`(?:` + other + `, )*` + regexp.QuoteMeta(b.TenantSlug) + `(?:, ` + other + `)*`)
	out := slices.Clone(found)
	for i := range out {
		out[i].Detail = list.ReplaceAllString(out[i].Detail, b.TenantSlug)
	}
	return out
}

// makeKeys takes the certificate that Go tests TLS with, and makes another key.
func (b *bench) makeKeys() {
	b.t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	b.certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.check(err)
	for text, key := range map[*string]any{&b.key: pair.PrivateKey, &b.otherKey: other} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		b.check(err)
		*text = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
}

// flowJSON is a serialised flow of two tasks.
func flowJSON(name string) string {
	return fmt.Sprintf(`{"type": "Flow", "name": %q, "__version__": "1.4.1", "parameters": [], "reference_tasks": [], "schedule": null,
		"tasks": [{"slug": "extract-1", "name": "extract"}, {"slug": "load-1", "name": "load"}],
		"edges": [{"upstream_task": {"slug": "extract-1"}, "downstream_task": {"slug": "load-1"}, "key": null, "mapped": false}],
		"run_config": {"type": "UniversalRun", "__version__": "1.4.1", "labels": [], "env": null},
		"storage": {"type": "Local", "__version__": "1.4.1"}, "environment": null}`, name)
}

// fill puts what the Server has, and flows, into the arguments of a block.
func (b *bench) fill(body string) string {
	body = strings.ReplaceAll(body, "; ", "\n")
	quoted := func(text string) string {
		raw, err := json.Marshal(text)
		b.check(err)
		return strings.ReplaceAll(string(raw), "${", "$${")
	}
	good := flowJSON("new")
	return strings.NewReplacer(
		"$project", quoted(b.project), "$flow", quoted(b.flow.ID), "$run", quoted(b.run), "$tenant", quoted(b.TenantID), "$slug", quoted(b.TenantSlug),
		"$certificate", quoted(b.certificate), "$key", quoted(b.key), "$other_key", quoted(b.otherKey),
		"$good", quoted(good),
		"$cut", quoted(good[:len(good)-9]),
		"$unnamed", quoted(strings.Replace(good, `"name": "new"`, `"name": ""`, 1)),
		"$double", quoted(strings.Replace(good, `{"slug": "load-1", "name"`, `{"slug": "extract-1", "name"`, 1)),
		"$nowhere", quoted(strings.Replace(good, `{"slug": "load-1", "name"`, `{"slug": "other-1", "name"`, 1)),
		"$storage", quoted(strings.Replace(good, `"Local"`, `"Cellar"`, 1)),
		"$cron", quoted(strings.Replace(good, `"schedule": null`, `"schedule": {"clocks": [{"type": "CronClock", "cron": "every day"}]}`, 1)),
		"$interval", quoted(strings.Replace(good, `"schedule": null`, `"schedule": {"clocks": [{"type": "IntervalClock", "interval": 1000000}]}`, 1)),
		"$config", quoted(strings.Replace(good, `"type": "UniversalRun"`, `"type": "KubernetesRun", "cpu_limit": "x"`, 1)),
		"$build2", quoted(`{"version": 2, "flows": []}`),
		"$build1", quoted(`{"version": 1, "flows": [`+good+`, `+flowJSON("other")+`]}`),
		"$none", `"6f6b0e0e-0000-4000-8000-00000000000f"`,
	).Replace(body)
}

// everything is what the Server holds, but for what reading changes.
func (b *bench) everything() string {
	b.t.Helper()
	const query = `query {
		tenant(order_by: {id: asc}) { id name slug }
		project(order_by: {id: asc}) { id name description }
		flow(order_by: {id: asc}) { id name version archived project_id description is_schedule_active }
		flow_group(order_by: {id: asc}) { id name description labels run_config default_parameters schedule settings }
		flow_run(order_by: {id: asc}) { id name state labels }
		cloud_hook(order_by: {id: asc}) { id active config }
	}`
	var out json.RawMessage
	b.check(b.Client.Do(b.t.Context(), query, nil, &out))
	return string(out)
}
