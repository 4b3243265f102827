package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// The key that is sent is the one that `prefect register` sends, for every shape
// of flow, with and without a further label.
func TestKeysAreTheCLIs(t *testing.T) {
	t.Parallel()
	var recorded map[string]struct {
		Key   string `json:"key"`
		Extra string `json:"key_with_label_extra"`
	}
	text, err := os.ReadFile("testdata/flow-keys.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded) == 0 {
		t.Fatal("no keys recorded")
	}
	for name, want := range recorded {
		in := noInputs(golden(t))
		in.Name = types.StringValue(name)
		if got := mustMean(t, in).key; got != want.Key {
			t.Errorf("key of %q is %s, the CLI sent %s", name, got, want.Key)
		}
		in.Labels = labelSet(t, "extra")
		if got := mustMean(t, in).key; got != want.Extra {
			t.Errorf("key of %q with a label is %s, the CLI sent %s", name, got, want.Extra)
		}
	}
}

func mustMean(t *testing.T, in inputs) *intent {
	t.Helper()
	want, diags := in.intent(t.Context())
	if diags.HasError() || want == nil {
		t.Fatalf("inputs mean %v: %v", want, diags)
	}
	return want
}

// A typed run configuration means the same as the one that the client
// serialises, field by field.
func TestTypedRunConfigMeansTheSerialisedOne(t *testing.T) {
	t.Parallel()
	const name = "branch" // KubernetesRun(job_template_path="s3://bucket/t.yaml")
	plain := noInputs(golden(t))
	plain.Name = types.StringValue(name)
	typed := withRun(t, plain, func(run *runconfig.Kubernetes) { run.JobTemplatePath = types.StringValue("s3://bucket/t.yaml") })
	if a, b := mustMean(t, plain).key, mustMean(t, typed).key; a != b {
		t.Errorf("the typed run configuration has the key %s, the serialised one %s", b, a)
	}

	empty := withRun(t, plain, func(run *runconfig.Kubernetes) {
		run.JobTemplatePath = types.StringValue("s3://bucket/t.yaml")
		run.Env = types.MapValueMust(types.StringType, nil)
	})
	if a, b := mustMean(t, plain).key, mustMean(t, empty).key; a == b {
		t.Error("an empty env and no env are serialised differently, but have one key here")
	}
}

// Import reads a run configuration back into the typed form, and that means the
// same again.
func TestImportedRunConfigMeansTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"branch", "chain", "cron", "mapped"} {
		in := noInputs(golden(t))
		in.Name = types.StringValue(name)
		want := mustMean(t, in)
		var m model
		if diags := m.importInputs(t.Context(), want.flow); diags.HasError() {
			t.Fatal(diags)
		}
		if m.RunConfig.IsNull() {
			t.Errorf("the KubernetesRun of %q was not imported as run_config", name)
		}
		if got := mustMean(t, m.inputs); got.key != want.key {
			t.Errorf("the imported inputs of %q have the key %s, not %s", name, got.key, want.key)
		}
	}
}

func TestUnknownInputsDefer(t *testing.T) {
	t.Parallel()
	good := testFlow(t, "f", nil)
	cases := map[string]inputs{}
	add := func(name string, edit func(in *inputs)) {
		in := noInputs(good)
		edit(&in)
		cases[name] = in
	}
	add("flow", func(in *inputs) { in.FlowJSON = framework.JSONUnknown() })
	add("name", func(in *inputs) { in.Name = types.StringUnknown() })
	add("labels", func(in *inputs) { in.Labels = types.SetUnknown(types.StringType) })
	add("a label", func(in *inputs) {
		in.Labels = types.SetValueMust(types.StringType, []attrValue{types.StringValue("a"), types.StringUnknown()})
	})
	add("run config", func(in *inputs) { in.RunConfig = types.ObjectUnknown(runconfig.Types()) })
	add("an attribute of the run config", func(in *inputs) {
		*in = withRun(t, *in, func(run *runconfig.Kubernetes) { run.Image = types.StringUnknown() })
	})
	for name, in := range cases {
		want, diags := in.intent(t.Context())
		if want != nil || diags.HasError() {
			t.Errorf("with unknown %s: meaning %v, diagnostics %v", name, want, diags)
		}
	}

	// What is known is checked in spite of it.
	in := noInputs(testFlow(t, "f", func(flow map[string]any) {
		tasks := elements(flow["tasks"])
		flow["tasks"] = append(tasks, tasks[0])
	}))
	in.Labels = types.SetUnknown(types.StringType)
	if _, diags := in.intent(t.Context()); !diags.HasError() {
		t.Error("duplicate slugs pass while labels are unknown")
	}
	in = withRun(t, noInputs(good), func(run *runconfig.Kubernetes) {
		run.Image, run.CPULimit = types.StringUnknown(), types.StringValue("lots")
	})
	if _, diags := in.intent(t.Context()); !diags.HasError() {
		t.Error("an invalid quantity passes while the image is unknown")
	}
}

func TestLocalJobTemplates(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	file := filepath.Join(directory, "job.yaml")
	write(t, file, "apiVersion: batch/v1\nkind: Job\nspec:\n  backoffLimit: 4\n  template:\n    spec:\n      containers: [{name: flow}]\n")

	read := func(path string) inputs {
		in := withRun(t, noInputs(testFlow(t, "f", nil)), func(run *runconfig.Kubernetes) { run.JobTemplatePath = types.StringValue(path) })
		in, diags := in.resolve(t.Context(), false)
		if diags.HasError() {
			t.Fatal(diags)
		}
		return in
	}
	in := read(file)
	run, _, _ := runconfig.Parse(t.Context(), in.RunConfig)
	const want = `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 4, "template": {"spec": {"containers": [{"name": "flow"}]}}}}`
	if run.JobTemplate.ValueString() != want {
		t.Errorf("the template was read as %s", run.JobTemplate.ValueString())
	}
	config := mustMean(t, in).flow.RunConfig()
	if config["job_template_path"] != nil || config["job_template"] == nil {
		t.Errorf("the path of a local template is sent: %v", config)
	}
	before := mustMean(t, in).key
	if after := mustMean(t, read("file://"+file)).key; after != before {
		t.Error("the way that the path is written changes the key")
	}
	write(t, file, "apiVersion: batch/v1\nkind: Job\nspec:\n  backoffLimit: 5\n  template:\n    spec:\n      containers: [{name: flow}]\n")
	if after := mustMean(t, read(file)).key; after == before {
		t.Error("a changed template has the same key")
	}
	// What was planned is applied, whatever happens to the file.
	applied, diags := in.resolve(t.Context(), true)
	if diags.HasError() || mustMean(t, applied).key != before {
		t.Errorf("the apply read the file again: %v", diags)
	}

	missing := withRun(t, noInputs(testFlow(t, "f", nil)), func(run *runconfig.Kubernetes) {
		run.JobTemplatePath = types.StringValue(filepath.Join(directory, "none.yaml"))
	})
	if _, diags := missing.resolve(t.Context(), false); !diags.HasError() || !strings.Contains(diags[0].Detail(), "none.yaml") {
		t.Errorf("a missing template gives %v", diags)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestInputsAreReadOnce(t *testing.T) {
	t.Parallel()
	in := noInputs(testFlow(t, "read once", nil))
	first, second := mustMean(t, in), mustMean(t, in)
	if first != second {
		t.Error("the same inputs were read twice")
	}
	in.Labels = types.SetValueMust(types.StringType, []attr.Value{types.StringValue("x")})
	if mustMean(t, in).key == first.key {
		t.Error("other labels mean the same")
	}
	in.Labels = types.SetNull(types.StringType)
	in.Name = types.StringValue("another")
	if want, diags := in.intent(t.Context()); want != nil || !diags.HasError() {
		t.Error("another name is accepted")
	}
	if meanings.Weight() > rememberedText {
		t.Errorf("%d bytes are kept", meanings.Weight())
	}
}

func TestFlowsThatTerraformCannotCarry(t *testing.T) {
	t.Parallel()
	text := testFlow(t, "large", nil)
	for size, want := range map[int]bool{maxFlowText: false, maxFlowText + 1: true} {
		_, diags := noInputs(text + strings.Repeat(" ", size-len(text))).intent(t.Context())
		if diags.HasError() != want {
			t.Errorf("%d bytes: %v", size, diags)
		}
	}
}
