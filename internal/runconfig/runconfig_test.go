package runconfig_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// object is run_config with the attributes given, the others null.
func object(t *testing.T, set map[string]attr.Value) types.Object {
	t.Helper()
	kubernetes, ok := runconfig.Types()["kubernetes"].(types.ObjectType)
	if !ok {
		t.Fatal("kubernetes is not an object")
	}
	values := map[string]attr.Value{}
	for name, kind := range kubernetes.AttrTypes {
		value, err := kind.ValueFromTerraform(t.Context(), tftypes.NewValue(kind.TerraformType(t.Context()), nil))
		if err != nil {
			t.Fatal(err)
		}
		values[name] = value
	}
	maps.Copy(values, set)
	return types.ObjectValueMust(runconfig.Types(), map[string]attr.Value{"kubernetes": types.ObjectValueMust(kubernetes.AttrTypes, values)})
}

func labels(texts ...string) types.Set {
	values := make([]attr.Value, 0, len(texts))
	for _, text := range texts {
		values = append(values, types.StringValue(text))
	}
	return types.SetValueMust(types.StringType, values)
}

func TestWayToTheServerAndBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	given := object(t, map[string]attr.Value{
		"image": types.StringValue("etl:1"), "labels": labels("b", "a"),
		"env":          types.MapValueMust(types.StringType, map[string]attr.Value{"A": types.StringValue("")}),
		"job_template": framework.JSONString(`{"kind":"Job","spec":{"template":{"spec":{"containers":[{"name":"flow"}]}}}}`),
	})
	if diags := runconfig.Validate(ctx, given); diags.HasError() {
		t.Fatal(diags)
	}
	sent, diags := runconfig.Serialize(ctx, given)
	if diags.HasError() || sent["type"] != "KubernetesRun" || sent["cpu_limit"] != nil {
		t.Fatalf("%v, %v", sent, diags)
	}
	kept, diags := runconfig.Refresh(ctx, given, sent)
	if diags.HasError() || !kept.Equal(given) {
		t.Errorf("refreshed to %s, %v", kept, diags)
	}
	delete(sent, "__version__") // another version of Prefect wrote it
	delete(sent, "cpu_limit")
	if kept, _ = runconfig.Refresh(ctx, given, sent); !kept.Equal(given) {
		t.Errorf("refreshed to %s", kept)
	}
	sent["image"] = "etl:2"
	drifted, diags := runconfig.Refresh(ctx, given, sent)
	if again, d := runconfig.Serialize(ctx, drifted); diags.HasError() || d.HasError() || again["image"] != "etl:2" || !runconfig.Same(again, sent) {
		t.Errorf("refreshed to %s, %v %v", drifted, diags, d)
	}
	if other, diags := runconfig.Refresh(ctx, given, map[string]any{"type": "DockerRun"}); diags.HasError() || !other.IsNull() {
		t.Errorf("another kind became %s, %v", other, diags)
	}
	if none, diags := runconfig.Refresh(ctx, given, nil); diags.HasError() || !none.IsNull() {
		t.Errorf("nothing became %s, %v", none, diags)
	}
}

// A plan keeps the words of state, as far as Terraform lets it: a value that is
// configured and missing in state is the configured one.
func TestPlanKeepsState(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	state := object(t, map[string]attr.Value{"labels": labels(), "job_template": framework.JSONString(`{"a": 1}`)})
	for name, test := range map[string]struct {
		config, want types.Object
	}{
		"left out": {object(t, map[string]attr.Value{"job_template": framework.JSONString(`{ "a":1 }`)}), state},
		"given":    {object(t, map[string]attr.Value{"job_template": framework.JSONString(`{"a":1}`), "labels": labels()}), state},
		"other":    {object(t, map[string]attr.Value{"labels": labels("x")}), object(t, map[string]attr.Value{"labels": labels("x")})},
	} {
		planned, diags := runconfig.Plan(ctx, test.config, state)
		if diags.HasError() || !planned.Equal(test.want) {
			t.Errorf("%s: %s, %v", name, planned, diags)
		}
	}
	bare := object(t, nil)
	config := object(t, map[string]attr.Value{"labels": labels()})
	if planned, diags := runconfig.Plan(ctx, config, bare); diags.HasError() || !planned.Equal(config) {
		t.Errorf("configured, missing in state: %s, %v", planned, diags)
	}
}

func TestLocalTemplate(t *testing.T) {
	t.Parallel()
	ctx, file := t.Context(), filepath.Join(t.TempDir(), "job.yaml")
	given := object(t, map[string]attr.Value{"job_template_path": types.StringValue(file)})
	if diags := runconfig.Validate(ctx, given); diags.HasError() {
		t.Errorf("a file that may still be written: %v", diags)
	}
	if _, diags := runconfig.Resolve(ctx, given, false); !diags.HasError() {
		t.Error("no error for a file that is not there")
	}
	if err := os.WriteFile(file, []byte("kind: Job\nspec: {template: {spec: {containers: [{name: flow}]}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	resolved, diags := runconfig.Resolve(ctx, given, false)
	if diags.HasError() {
		t.Fatal(diags)
	}
	sent, diags := runconfig.Serialize(ctx, resolved)
	if template, ok := sent["job_template"].(map[string]any); diags.HasError() || !ok || template["kind"] != "Job" || sent["job_template_path"] != nil {
		t.Errorf("%v, %v", sent, diags)
	}
	if remote := object(t, map[string]attr.Value{"job_template_path": types.StringValue("s3://b/k")}); runconfig.Validate(ctx, remote).HasError() {
		t.Error("a path of the agent is refused")
	}
}

func TestUnknownIsNotSerialised(t *testing.T) {
	t.Parallel()
	given := object(t, map[string]attr.Value{"image": types.StringUnknown()})
	if sent, diags := runconfig.Serialize(t.Context(), given); sent != nil || diags.HasError() {
		t.Errorf("%v, %v", sent, diags)
	}
	if diags := runconfig.Validate(t.Context(), types.ObjectUnknown(runconfig.Types())); len(diags) > 0 {
		t.Error(diags)
	}
}
