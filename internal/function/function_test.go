package function_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
)

// run evaluates expressions: each is the value of an output "test".
func run(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	acctest.Run(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    steps,
	}, filepath.ToSlash(repository), "..")
}

func output(expression string) string {
	return fmt.Sprintf("output \"test\" {\n  value = %s\n}\n", expression)
}

func gives(expression string, want knownvalue.Check) resource.TestStep {
	return resource.TestStep{
		Config: output(expression), ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("test", want)},
	}
}

func fails(title, expression string) resource.TestStep {
	return resource.TestStep{Config: output(expression), ExpectError: acctest.Recorded(title)}
}

// golden is the path of a document with flows of every kind, and their keys as Prefect 1.4.1 computed them.
func golden(t *testing.T) (string, map[string]map[string]string) {
	t.Helper()
	path, err := filepath.Abs("testdata/flows.json")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("testdata/flow-keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]map[string]string
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(path), keys
}

// TestAccFlowKey compares all keys with those of the command line.
func TestAccFlowKey(t *testing.T) {
	t.Parallel()
	path, keys := golden(t)
	plain, labelled := map[string]knownvalue.Check{}, map[string]knownvalue.Check{}
	for name, key := range keys {
		plain[name], labelled[name] = knownvalue.StringExact(key["key"]), knownvalue.StringExact(key["key_with_label_extra"])
	}
	names := slices.Sorted(maps.Keys(keys))
	all := func(arguments string) string {
		return fmt.Sprintf("{ for name in [\"%s\"] : name => provider::prefect::flow_key(%s) }", strings.Join(names, `", "`), arguments)
	}
	document := fmt.Sprintf("file(%q)", path)
	flow := fmt.Sprintf("provider::prefect::flows(%s)[%q]", document, names[0])
	run(t,
		gives(all(document+", name"), knownvalue.MapExact(plain)),
		gives(all(document+`, name, ["extra"]`), knownvalue.MapExact(labelled)),
		gives(all(document+`, name, toset(["extra", "extra"])`), knownvalue.MapExact(labelled)),
		gives(all(fmt.Sprintf("provider::prefect::flows(%s)[name]", document)), knownvalue.MapExact(plain)),
		gives(fmt.Sprintf("provider::prefect::flow_key(%s)", flow), plain[names[0]]),
		gives(fmt.Sprintf("provider::prefect::flow_key(%s, null, null)", flow), plain[names[0]]),
		gives(fmt.Sprintf("provider::prefect::flow_key(%s, null, [\"extra\"])", flow), labelled[names[0]]),
		fails("no name", fmt.Sprintf("provider::prefect::flow_key(%s)", document)),
		fails("no such flow", fmt.Sprintf("provider::prefect::flow_key(%s, \"nothing\")", document)),
		fails("an empty name", fmt.Sprintf("provider::prefect::flow_key(%s, \"\")", document)),
		fails("a number for a name", fmt.Sprintf("provider::prefect::flow_key(%s, 1)", document)),
		fails("a string for labels", fmt.Sprintf("provider::prefect::flow_key(%s, null, \"extra\")", flow)),
		fails("an empty label", fmt.Sprintf("provider::prefect::flow_key(%s, null, [\"\"])", flow)),
		fails("too many arguments", fmt.Sprintf("provider::prefect::flow_key(%s, null, [], 4)", flow)),
		fails("not JSON", `provider::prefect::flow_key("{")`),
		fails("a list", `provider::prefect::flow_key("[]")`),
		fails("null", `provider::prefect::flow_key(null)`),
	)
}

func TestAccFlows(t *testing.T) {
	t.Parallel()
	path, keys := golden(t)
	names := make([]knownvalue.Check, 0, len(keys))
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		names = append(names, knownvalue.StringExact(name))
	}
	run(t,
		gives(fmt.Sprintf("keys(provider::prefect::flows(file(%q)))", path), knownvalue.ListExact(names)),
		gives(`provider::prefect::flows("{\"version\": 1, \"flows\": []}")`, knownvalue.MapSizeExact(0)),
		gives(`provider::prefect::flows("{\"version\": 1, \"flows\": [{\"name\": \"a\", \"x\": 1.0}]}")`,
			knownvalue.MapExact(map[string]knownvalue.Check{"a": knownvalue.StringExact(`{"name": "a", "x": 1.0}`)})),
		fails("version 2", `provider::prefect::flows("{\"version\": 2, \"flows\": []}")`),
		fails("two flows of one name", `provider::prefect::flows("{\"version\": 1, \"flows\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}")`),
		fails("a flow without a name", `provider::prefect::flows("{\"version\": 1, \"flows\": [{}]}")`),
		fails("not JSON", `provider::prefect::flows("no")`),
	)
}

func TestAccParseFlow(t *testing.T) {
	t.Parallel()
	const flow = `jsonencode({
    name = "etl", __version__ = "1.4.1", type = "prefect.core.flow.Flow", tasks = [
      { slug = "n", name = "n", type = "prefect.core.parameter.Parameter" },
      { slug = "m", name = "m", type = "prefect.core.parameter.Parameter" },
      { slug = "o", name = "o", type = "prefect.core.parameter.Parameter" },
    ], edges = [], reference_tasks = [], schedule = null,
    parameters = [
      { name = "n", slug = "n", required = true, default = null },
      { name = "m", slug = "m", required = false, default = { a = [1] } },
      { name = "o", slug = "o", required = false, default = null },
    ],
    run_config = { type = "UniversalRun", labels = ["b", "a"], env = null, __version__ = "1.4.1" },
    storage    = { type = "Local", __version__ = "1.4.1" },
  })`
	parameter := func(name string, required bool, fallback knownvalue.Check) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"name": knownvalue.StringExact(name), "required": knownvalue.Bool(required), "default": fallback,
		})
	}
	run(t,
		gives("provider::prefect::parse_flow("+flow+")", knownvalue.ObjectExact(map[string]knownvalue.Check{
			"name": knownvalue.StringExact("etl"), "key": knownvalue.NotNull(), "core_version": knownvalue.StringExact("1.4.1"),
			"task_count": knownvalue.Int64Exact(3),
			"labels":     knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("b"), knownvalue.StringExact("a")}),
			"parameters": knownvalue.ListExact([]knownvalue.Check{
				parameter("n", true, knownvalue.Null()), parameter("m", false, knownvalue.StringExact(`{"a": [1]}`)),
				parameter("o", false, knownvalue.StringExact("null")),
			}),
			"run_config": knownvalue.NotNull(), "storage": knownvalue.StringExact(`{"__version__": "1.4.1", "type": "Local"}`),
			"schedule": knownvalue.Null(), "flow_json": knownvalue.NotNull(),
		})),
		gives("provider::prefect::parse_flow("+flow+", \"etl\").key == provider::prefect::flow_key("+flow+")", knownvalue.Bool(true)),
		fails("no such flow", "provider::prefect::parse_flow("+flow+", \"other\")"),
		fails("too many arguments", "provider::prefect::parse_flow("+flow+", \"etl\", 3)"),
		fails("an invalid flow", `provider::prefect::parse_flow("{\"name\": \"a\", \"tasks\": [{\"slug\": \"x\"}, {\"slug\": \"x\"}]}")`),
	)
}

func TestAccKubernetesRun(t *testing.T) {
	t.Parallel()
	call := func(object string) string { return "provider::prefect::kubernetes_run(" + object + ")" }
	field := func(object, name string) string { return fmt.Sprintf("jsondecode(%s).%s", call(object), name) }
	run(t,
		gives(call("{}"), knownvalue.StringExact(`{"__version__": "1.4.1", "cpu_limit": null, "cpu_request": null, "env": null, "image": null, `+
			`"image_pull_policy": null, "image_pull_secrets": null, "job_template": null, "job_template_path": null, "labels": [], `+
			`"memory_limit": null, "memory_request": null, "service_account_name": null, "type": "KubernetesRun"}`)),
		gives(field(`{ labels = ["b", "a", "b"] }`, "labels"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("a"), knownvalue.StringExact("b")})),
		gives(field(`{ env = { A = "x", N = 1, B = true } }`, "env"), knownvalue.ObjectExact(map[string]knownvalue.Check{
			"A": knownvalue.StringExact("x"), "N": knownvalue.StringExact("1"), "B": knownvalue.StringExact("true"),
		})),
		gives(field(`{ cpu_limit = 2, memory_limit = "1Gi" }`, "cpu_limit"), knownvalue.StringExact("2")),
		gives(field(`{ image = "a:1", image_pull_policy = "Always", image_pull_secrets = [], env = null }`, "image_pull_secrets"), knownvalue.ListSizeExact(0)),
		gives(field(`{ job_template = { apiVersion = "batch/v1", kind = "Job", spec = { template = { spec = { containers = [{ name = "flow" }] } } } } }`,
			"job_template.kind"), knownvalue.StringExact("Job")),
		gives(field(`{ job_template = jsonencode({ apiVersion = "batch/v1", kind = "Job", spec = { template = { spec = { containers = [{ name = "flow" }] } } } }) }`, "job_template.kind"), knownvalue.StringExact("Job")),
		fails("an unknown attribute", call(`{ images = "a" }`)),
		fails("a string", call(`"a"`)),
		fails("null", call(`null`)),
		fails("not a quantity", call(`{ cpu_limit = "much" }`)),
		fails("a list for an image", call(`{ image = ["a"] }`)),
		fails("a string for labels", call(`{ labels = "a" }`)),
		fails("an unknown pull policy", call(`{ image_pull_policy = "Sometimes" }`)),
		fails("a template of another kind", call(`{ job_template = { kind = "Pod" } }`)),
		fails("a template that is not JSON", call(`{ job_template = "{" }`)),
		fails("two templates", call(`{ job_template = {}, job_template_path = "s3://a/b" }`)),
	)
}

// TestAccFlowSummary shows what a prefect_flow would say of the flow.
func TestAccFlowSummary(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("../../examples/flows/etl.json")
	if err != nil {
		t.Fatal(err)
	}
	call := func(arguments string) string {
		return "provider::prefect::flow_summary(" + strings.ReplaceAll(arguments, "$etl", fmt.Sprintf("file(%q)", filepath.ToSlash(path))) + ")"
	}
	run(t,
		gives(call("$etl")+".tasks", knownvalue.ListExact([]knownvalue.Check{
			knownvalue.StringExact("extract (extract-1)"), knownvalue.StringExact("load (load-1)"), knownvalue.StringExact("transform (transform-1)"),
		})),
		gives(call(`$etl, "etl"`)+".run_config", knownvalue.StringExact("KubernetesRun, labels k8s")),
		gives(call("$etl")+".schedule == null", knownvalue.Bool(true)),
		fails("no such flow", call(`$etl, "none"`)),
		fails("not a flow", call(`"{}"`)),
		fails("too many arguments", call("$etl, null, 1")),
	)
}

// TestAccKubernetesJob shows the Job that the agent would make.
func TestAccKubernetesJob(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("../../examples/flows/etl.json")
	if err != nil {
		t.Fatal(err)
	}
	etl := fmt.Sprintf("file(%q)", filepath.ToSlash(path))
	call := func(arguments string) string { return "provider::prefect::kubernetes_job(" + arguments + ")" }
	container := func(arguments, member string) string {
		return call(arguments) + ".spec.template.spec.containers[0]." + member
	}
	variable := func(arguments, name string) string {
		return fmt.Sprintf("[for e in %s : e.value if e.name == %q][0]", container(arguments, "env"), name)
	}
	const template = `{ apiVersion = "batch/v1", kind = "Job", spec = { backoffLimit = 3, template = { spec = { nodeSelector = { pool = "big" }, containers = [{ name = "flow" }] } } } }`
	run(t,
		gives(call("null")+".kind", knownvalue.StringExact("Job")),
		gives(call("null")+".metadata.labels", knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"prefect.io/flow_run_id": knownvalue.StringExact("00000000-0000-0000-0000-000000000000"),
		})),
		gives(container(`{ image = "etl:1" }`, "image"), knownvalue.StringExact("etl:1")),
		gives(container("{}", "image"), knownvalue.StringExact("prefecthq/prefect:1.4.1")),
		gives(container(`{ cpu_limit = "2" }`, "resources.limits.cpu"), knownvalue.StringExact("2")),
		gives(variable(`{ env = { A = "x" } }`, "A"), knownvalue.StringExact("x")),
		gives(container("provider::prefect::kubernetes_run({ image = \"etl:2\" })", "image"), knownvalue.StringExact("etl:2")),
		gives(call("{ job_template = "+template+" }")+".spec.backoffLimit", knownvalue.Int64Exact(3)),
		gives(call("{}, { agent = { job_template = "+template+" } }")+".spec.template.spec.nodeSelector.pool", knownvalue.StringExact("big")),
		gives(variable(`{}, { agent = { labels = ["b", "a"], env = { N = 1 }, api = "http://x" } }`, "PREFECT__CLOUD__AGENT__LABELS"), knownvalue.StringExact("['a', 'b']")),
		gives(variable(`{}, { agent = { labels = [], env = { N = 1 }, api = "http://x" } }`, "N"), knownvalue.StringExact("1")),
		gives(container("null, { flow_json = "+etl+" }", "image"), knownvalue.StringExact("prefecthq/prefect:1.4.1")),
		fails("an unknown attribute", call(`{ images = "x" }`)),
		fails("not a run configuration", call(`"no"`)),
		fails("another type", call(`jsonencode({ type = "DockerRun" })`)),
		fails("a template that the agent reads", call(`{ job_template_path = "s3://x/y.yaml" }`)),
		fails("an unknown option", call(`{}, { agents = {} }`)),
		fails("an unknown option of the agent", call(`{}, { agent = { label = [] } }`)),
		fails("a string for labels", call(`{}, { agent = { labels = "a" } }`)),
		fails("too many arguments", call(`{}, {}, 3`)),
	)
}
