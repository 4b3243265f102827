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
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)},
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps:                    steps,
	})
}

func output(expression string) string {
	return fmt.Sprintf("output \"test\" {\n  value = %s\n}\n", expression)
}

func gives(expression string, want knownvalue.Check) resource.TestStep {
	return resource.TestStep{
		Config: output(expression), ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("test", want)},
	}
}

func fails(expression string, says ...string) resource.TestStep {
	return resource.TestStep{Config: output(expression), ExpectError: acctest.Says(says...)}
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
		fails(fmt.Sprintf("provider::prefect::flow_key(%s)", document), "flow_json", "no name was given"),
		fails(fmt.Sprintf("provider::prefect::flow_key(%s, \"nothing\")", document), "flow_json", "no flow named \"nothing\""),
		fails(fmt.Sprintf("provider::prefect::flow_key(%s, \"\")", document), "must be a non-empty string"),
		fails(fmt.Sprintf("provider::prefect::flow_key(%s, 1)", document), "must be a non-empty string"),
		fails(fmt.Sprintf("provider::prefect::flow_key(%s, null, \"extra\")", flow), "must be a list or set of non-empty strings"),
		fails(fmt.Sprintf("provider::prefect::flow_key(%s, null, [\"\"])", flow), "must be a list or set of non-empty strings"),
		fails(fmt.Sprintf("provider::prefect::flow_key(%s, null, [], 4)", flow), "takes at most 3 argument(s)"),
		fails(`provider::prefect::flow_key("{")`, "flow_json", "not valid JSON"),
		fails(`provider::prefect::flow_key("[]")`, "flow_json", "must be a JSON object"),
		fails(`provider::prefect::flow_key(null)`, "flow_json", "null"),
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
		fails(`provider::prefect::flows("{\"version\": 2, \"flows\": []}")`, "document", "only version 1 is supported"),
		fails(`provider::prefect::flows("{\"version\": 1, \"flows\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}")`, "document", `two flows named "a"`),
		fails(`provider::prefect::flows("{\"version\": 1, \"flows\": [{}]}")`, "document", "flows[0].name"),
		fails(`provider::prefect::flows("no")`, "document", "not valid JSON"),
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
		fails("provider::prefect::parse_flow("+flow+", \"other\")", "flow_json", `named "etl", not "other"`),
		fails("provider::prefect::parse_flow("+flow+", \"etl\", 3)", "takes at most 2 argument(s)"),
		fails(`provider::prefect::parse_flow("{\"name\": \"a\", \"tasks\": [{\"slug\": \"x\"}, {\"slug\": \"x\"}]}")`, "flow_json", "`__version__`"),
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
		fails(call(`{ images = "a" }`), "run_config", `no attribute "images"`),
		fails(call(`"a"`), "run_config", "must be an object"),
		fails(call(`null`), "run_config", "null"),
		fails(call(`{ cpu_limit = "much" }`), "run_config", "cpu_limit"),
		fails(call(`{ image = ["a"] }`), "run_config", "image must be a string"),
		fails(call(`{ labels = "a" }`), "run_config", "labels must be a list of strings"),
		fails(call(`{ image_pull_policy = "Sometimes" }`), "run_config", "Sometimes"),
		fails(call(`{ job_template = { kind = "Pod" } }`), "run_config", "job_template"),
		fails(call(`{ job_template = "{" }`), "run_config", "job_template"),
		fails(call(`{ job_template = {}, job_template_path = "s3://a/b" }`), "run_config", "job_template"),
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
		gives(call(`$etl, "etl"`)+".run_config", knownvalue.StringExact("KubernetesRun, labels 9bad561ac917")),
		gives(call("$etl")+".schedule == null", knownvalue.Bool(true)),
		fails(call(`$etl, "none"`), "flow_json", "no flow named"),
		fails(call(`"{}"`), "flow_json"),
		fails(call("$etl, null, 1"), "takes at most 2 argument(s)"),
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
		fails(call(`{ images = "x" }`), "no attribute \"images\""),
		fails(call(`"no"`), "run configuration"),
		fails(call(`jsonencode({ type = "DockerRun" })`), "only `KubernetesRun` is supported"),
		fails(call(`{ job_template_path = "s3://x/y.yaml" }`), "run_config"),
		fails(call(`{}, { agents = {} }`), "there is no \"agents\""),
		fails(call(`{}, { agent = { label = [] } }`), "there is no \"label\""),
		fails(call(`{}, { agent = { labels = "a" } }`), "agent.labels must be a list of strings"),
		fails(call(`{}, {}, 3`), "takes at most 2 argument(s)"),
	)
}
