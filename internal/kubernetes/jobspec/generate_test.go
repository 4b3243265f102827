package jobspec

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

type recordedJob struct {
	Agent struct {
		EnvVars            map[string]string `json:"env_vars"`
		ImagePullSecrets   []string          `json:"image_pull_secrets"`
		Labels             []string          `json:"labels"`
		ServiceAccountName string            `json:"service_account_name"`
		NoCloudLogs        bool              `json:"no_cloud_logs"`
	} `json:"agent"`
	CoreVersion string         `json:"core_version"`
	RunConfig   map[string]any `json:"run_config"`
	Storage     map[string]any `json:"storage"`
	Job         map[string]any `json:"job"`
}

// TestGenerateJobEqualsAgent compares with the Jobs that the real agent of 1.4.1 generated.
func TestGenerateJobEqualsAgent(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/jobs.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recordedJob
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 40 {
		t.Fatalf("%d cases", len(cases))
	}
	for i, c := range cases {
		before, err := serialization.Canonical(c.RunConfig)
		if err != nil {
			t.Fatal(err)
		}
		job, err := Generate(Run{
			ID: "11111111-1111-1111-1111-111111111111", FlowID: "22222222-2222-2222-2222-222222222222",
			CoreVersion: c.CoreVersion, RunConfig: c.RunConfig, Storage: c.Storage,
		}, Agent{
			API: "http://api:4200", Labels: c.Agent.Labels, Env: c.Agent.EnvVars, NoCloudLogs: c.Agent.NoCloudLogs,
			ServiceAccountName: c.Agent.ServiceAccountName, ImagePullSecrets: c.Agent.ImagePullSecrets,
		}, "33333333")
		if err != nil {
			t.Errorf("case %d: %v", i, err)
			continue
		}
		if diff := cmp.Diff(c.Job, job); diff != "" {
			t.Errorf("case %d (-agent +generated):\n%s", i, diff)
		}
		if after, err := serialization.Canonical(c.RunConfig); err != nil || string(after) != string(before) {
			t.Errorf("case %d: the run configuration was modified", i)
		}
	}
}

func kubernetesRun(members string) map[string]any {
	v, err := serialization.Decode([]byte(`{"type": "KubernetesRun"` + members + `}`))
	if err != nil {
		panic(err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		panic(members)
	}
	return m
}

func TestGenerateJobRefusals(t *testing.T) {
	t.Parallel()
	const pod = `, "job_template": {"spec": {"template": {"spec": `
	module := map[string]any{"type": "Module"}
	cases := map[string]struct {
		config  map[string]any
		storage map[string]any
		version string
		kind    error
		says    string
	}{
		"another type":         {map[string]any{"type": "DockerRun"}, module, "1.4.1", ErrRunConfig, "`DockerRun`, only `KubernetesRun`"},
		"no type":              {map[string]any{}, module, "1.4.1", ErrRunConfig, "only `KubernetesRun`"},
		"cpu not text":         {kubernetesRun(`, "cpu_limit": 1`), module, "1.4.1", ErrRunConfig, "cpu_limit"},
		"labels null":          {kubernetesRun(`, "labels": null`), module, "1.4.1", ErrRunConfig, "labels"},
		"pull policy":          {kubernetesRun(`, "image_pull_policy": "Often"`), module, "1.4.1", ErrRunConfig, "Often"},
		"both templates":       {kubernetesRun(`, "job_template": {"a": 1}, "job_template_path": "s3://b/t"`), module, "1.4.1", ErrRunConfig, "cannot be combined"},
		"template path":        {kubernetesRun(`, "job_template_path": "s3://b/t.yaml"`), module, "1.4.1", ErrTemplateUnavailable, "s3://b/t.yaml"},
		"template is a list":   {kubernetesRun(`, "job_template": [1]`), module, "1.4.1", ErrRunConfig, "job_template"},
		"template not YAML":    {kubernetesRun(`, "job_template": "{"`), module, "1.4.1", ErrTemplate, "YAML"},
		"template without pod": {kubernetesRun(`, "job_template": {"kind": "Job"}`), module, "1.4.1", ErrTemplate, "spec.template.spec"},
		"null labels":          {kubernetesRun(`, "job_template": {"metadata": {"labels": null}}`), module, "1.4.1", ErrTemplate, "metadata.labels"},
		"name not text":        {kubernetesRun(`, "job_template": {"metadata": {"name": 1}}`), module, "1.4.1", ErrTemplate, "metadata.name"},
		"containers not list":  {kubernetesRun(pod + `{"containers": {}}}}}`), module, "1.4.1", ErrTemplate, "containers"},
		"null container":       {kubernetesRun(pod + `{"containers": [null]}}}}`), module, "1.4.1", ErrTemplate, "containers[0]"},
		"env not list":         {kubernetesRun(pod + `{"containers": [{"env": {}}]}}}}`), module, "1.4.1", ErrTemplate, "env"},
		"env without name":     {kubernetesRun(pod + `{"containers": [{"env": [{"value": "x"}]}]}}}}`), module, "1.4.1", ErrTemplate, "env[0]"},
		"null requests":        {kubernetesRun(pod + `{"containers": [{"resources": {"requests": null}}]}}}}, "cpu_request": "1"`), module, "1.4.1", ErrTemplate, "resources.requests"},
		"no storage":           {nil, nil, "1.4.1", ErrStorage, "storage"},
		"docker without tag":   {nil, map[string]any{"type": "Docker", "image_name": "a"}, "1.4.1", ErrStorage, "image_tag"},
		"not a version":        {nil, module, "abc", ErrCoreVersion, "abc"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Generate(Run{ID: "r", FlowID: "f", CoreVersion: c.version, RunConfig: c.config, Storage: c.storage},
				Agent{}, "00000000")
			var problem *Error
			if !errors.Is(err, c.kind) || !errors.As(err, &problem) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestGenerateJobReadsTemplate(t *testing.T) {
	t.Parallel()
	agent := Agent{ServiceAccountName: "agent", ReadTemplate: func(path string) ([]byte, error) {
		if path != "s3://bucket/t.yaml" {
			return nil, os.ErrNotExist
		}
		return []byte("metadata: {name: mine}\nspec: {template: {spec: {serviceAccountName: own, containers: [{name: c}]}}}"), nil
	}}
	run := Run{ID: "r", FlowID: "f", CoreVersion: "1.4.1", Storage: map[string]any{"type": "Module"}}
	run.RunConfig = kubernetesRun(`, "job_template_path": "s3://bucket/t.yaml"`)
	generated, err := Generate(run, agent, "0123abcd")
	if err != nil {
		t.Fatal(err)
	}
	job, err := ToJob(generated)
	if err != nil {
		t.Fatal(err)
	}
	// The template is the run's own, so its service account wins over the agent's.
	if job.Name != "mine-0123abcd" || job.Spec.Template.Spec.ServiceAccountName != "own" {
		t.Errorf("name %q, service account %q", job.Name, job.Spec.Template.Spec.ServiceAccountName)
	}
	run.RunConfig = kubernetesRun(`, "job_template_path": "agent:///nowhere"`)
	if _, err := Generate(run, agent, "0123abcd"); !errors.Is(err, os.ErrNotExist) || !errors.Is(err, ErrTemplateUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestFlowCommand(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"": "cloud-flow", "0.12.6": "cloud-flow", "0.13.0": "flow-run", "0.13": "flow-run", "0.13.0rc1": "cloud-flow",
		"0.13.0.dev1": "cloud-flow", "0.13.0.post1": "flow-run", "1.4.1+3.gabc": "flow-run", "v0.14": "flow-run",
		"1!0.1": "flow-run", "0.12.6+4": "cloud-flow", "10.0": "flow-run",
	} {
		args, err := flowCommand(version)
		if err != nil || len(args) != 3 || args[2] != want {
			t.Errorf("%q: %v, %v", version, args, err)
		}
	}
}

func TestPythonList(t *testing.T) {
	t.Parallel()
	got := PythonList([]string{"a'b", `a"b`, `a'"b`, "é\n\x7f\u2028😀\\", "\u00a0\u00ad"})
	if want := `["a'b", 'a"b', 'a\'"b', 'é\n\x7f\u2028😀\\', '\xa0\xad']`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDockerImage(t *testing.T) {
	t.Parallel()
	for want, s := range map[string][2]string{
		"r.io/a/b:1": {"r.io/a//", "b"}, "/b:1": {"https://r.io/a", "/b"}, "b/c:1": {"", "b/c"}, "x/b/c:1": {"./x", "b/./c"},
	} {
		got, err := dockerImage(map[string]any{"registry_url": s[0], "image_name": s[1], "image_tag": "1"})
		if err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}
