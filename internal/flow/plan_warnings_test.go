package flow

import (
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// TestDoubts plans flows that the Server accepts and whose runs would probably not run.
func TestDoubts(t *testing.T) {
	t.Parallel()
	labelled := func(labels ...any) func(map[string]any) {
		return func(flow map[string]any) { object(flow["run_config"])["labels"] = labels }
	}
	stored := func(kind string) func(map[string]any) {
		return func(flow map[string]any) { object(flow["storage"])["type"] = kind }
	}
	templated := func(flow map[string]any) {
		flow["run_config"] = map[string]any{
			"__version__": "1.4.1", "type": "KubernetesRun", "env": nil, "labels": []any{}, "image": nil, "job_template_path": nil,
			"job_template": map[string]any{"apiVersion": "batch/v1", "kind": "Job", "spec": map[string]any{
				"suspend": true, "template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "flow"}}}},
			}},
			"cpu_limit": nil, "cpu_request": nil, "memory_limit": nil, "memory_request": nil, "service_account_name": nil,
			"image_pull_secrets": nil, "image_pull_policy": nil,
		}
	}
	const (
		suspended = `{"apiVersion": "batch/v1", "kind": "Job", "spec": {"suspend": true, "template": {"spec": {"containers": [{"name": "flow"}]}}}}`
		template  = "The job template may not run the flow"
		host      = "looks like the host name"
	)
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	config := func(template string, labels ...string) types.Object {
		k := runconfig.Kubernetes{
			Env: types.MapNull(types.StringType), ImagePullSecrets: types.ListNull(types.StringType), Labels: types.SetNull(types.StringType),
			JobTemplate: framework.JSONNull(), Image: types.StringValue("flows:1"),
		}
		if template != "" {
			k.JobTemplate = framework.JSONString(template)
		}
		if labels != nil {
			k.Labels = labelSet(t, labels...)
		}
		value, diags := k.Value(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return value
	}
	for name, tt := range map[string]struct {
		flow   func(map[string]any)
		labels []string
		config *types.Object
		want   []string
	}{
		"nothing":                            {flow: labelled("k8s", "west")},
		"the template of the flow":           {flow: templated, want: []string{template}},
		"the template of the resource":       {config: new(config(suspended)), want: []string{template}},
		"a template that is replaced":        {flow: templated, config: new(config(""))},
		"labels that are dropped":            {flow: labelled("k8s", "west"), config: new(config("")), want: []string{`drops the labels "k8s", "west"`}},
		"labels that are dropped on purpose": {flow: labelled("k8s"), config: new(config("", []string{}...))},
		"labels that are given again":        {flow: labelled("k8s"), config: new(config("", "k8s"))},
		"labels that are added":              {flow: labelled("k8s"), labels: []string{"k8s"}, config: new(config(""))},
		"the name of this machine":           {flow: labelled("k8s", own), want: []string{host}},
		"names of other machines":            {flow: labelled("ip-10-0-3-17", "fv-az1024-711", "0a1b2c3d4e5f", "Annas-MacBook-Pro.local"), want: []string{host, host, host, host}},
		"names of machines that are meant":   {flow: labelled(own), labels: []string{own}},
		"names of machines, dropped":         {flow: labelled("build.local"), config: new(config(""))},
		"no local storage":                   {flow: all(stored("Docker"), labelled("build.local"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := noInputs(testFlow(t, "etl", tt.flow))
			if tt.labels != nil {
				in.Labels = labelSet(t, tt.labels...)
			}
			if tt.config != nil {
				in.RunConfig = *tt.config
			}
			_, p := planOf(t, configOf(in), nil)
			expect(t, p.doubts(t.Context()), tt.want...)
			_, p = planOf(t, configOf(in), stateOf(t, in))
			expect(t, p.doubts(t.Context())) // registered already
		})
	}
}
