package interop

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// jobCases is how many run configurations TestGeneratedJobs generates.
const jobCases = 1500

// jobCase is a run and an agent, in the form that jobs.py reads.
type jobCase struct {
	Identifier string    `json:"identifier"`
	Agent      caseAgent `json:"agent"`
	Run        caseRun   `json:"run"`
}

type caseAgent struct {
	Labels             []string          `json:"labels"`
	Env                map[string]string `json:"env"`
	NoCloudLogs        bool              `json:"no_cloud_logs"`
	ServiceAccountName *string           `json:"service_account_name"`
	ImagePullSecrets   []string          `json:"image_pull_secrets"`
	JobTemplatePath    string            `json:"job_template_path"`
}

type caseRun struct {
	ID        string `json:"id"`
	RunConfig any    `json:"run_config"`
	Flow      struct {
		ID          string         `json:"id"`
		CoreVersion *string        `json:"core_version"`
		Storage     map[string]any `json:"storage"`
	} `json:"flow"`
}

// TestGeneratedJobs has the real agent and this project's generator make Jobs of
// the same random runs, and compares them field by field. PREFECT_INTEROP_SEED
// gives other runs.
func TestGeneratedJobs(t *testing.T) {
	t.Parallel()
	u := newUser(t, &acctest.PrefectServer{API: "http://api.example.com:4200"})
	seed := interopSeed(t)
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), dir: u.home}
	cases := make([]jobCase, jobCases)
	for i := range cases {
		cases[i] = g.jobCase()
	}
	answers := ask(u, "jobs.py", cases)
	compared, refused, wrong := 0, 0, 0
	for i, c := range cases {
		answer, ok := decodeNumbers(t, answers[i]).(map[string]any)
		if !ok {
			t.Fatalf("the agent's answer is %s", answers[i])
		}
		job, err := predict(c)
		var made any
		if err == nil {
			text, marshalErr := json.Marshal(job)
			if marshalErr != nil {
				t.Fatal(marshalErr)
			}
			made = decodeNumbers(t, text)
		}
		compared++
		switch {
		case answer["error"] != nil && err != nil:
			refused++
		case answer["error"] != nil || err != nil || !cmp.Equal(answer["job"], made):
			wrong++
			if wrong <= 5 {
				text, _ := json.Marshal(c)
				t.Errorf("case %d: the agent fails with %v, the generator with %v; Jobs (-agent +generator):\n%s\n%s",
					i, answer["error"], err, cmp.Diff(answer["job"], made), text)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d cases differ", wrong, compared)
	}
	if refused == 0 || refused > compared/3 {
		t.Errorf("%d of %d cases are refused, which makes a bad corpus", refused, compared)
	}
	t.Logf("seed %d, %d runs compared: %d Jobs equal, %d refused by both", seed, compared, compared-refused-wrong, refused)
}

// predict has this project's generator make the Job.
func predict(c jobCase) (map[string]any, error) {
	// Through JSON, as the run configuration reaches the provider.
	text, err := json.Marshal(c.Run)
	if err != nil {
		return nil, err
	}
	decoded, err := serialization.Decode(text)
	if err != nil {
		return nil, err
	}
	run, _ := decoded.(map[string]any)
	config, _ := run["run_config"].(map[string]any)
	settings := jobspec.Agent{
		API: "http://api.example.com:4200", Labels: c.Agent.Labels, Env: c.Agent.Env, NoCloudLogs: c.Agent.NoCloudLogs,
		ImagePullSecrets: c.Agent.ImagePullSecrets, ReadTemplate: os.ReadFile,
	}
	if c.Agent.ServiceAccountName != nil {
		settings.ServiceAccountName = *c.Agent.ServiceAccountName
	}
	if c.Agent.JobTemplatePath != "" {
		text, err := os.ReadFile(c.Agent.JobTemplatePath)
		if err != nil {
			return nil, err
		}
		template, err := serialization.Decode(text)
		if err != nil {
			return nil, err
		}
		settings.JobTemplate, _ = template.(map[string]any)
	}
	given := jobspec.Run{ID: c.Run.ID, FlowID: c.Run.Flow.ID, RunConfig: config, Storage: c.Run.Flow.Storage}
	if c.Run.Flow.CoreVersion != nil {
		given.CoreVersion = *c.Run.Flow.CoreVersion
	}
	return jobspec.Generate(given, settings, c.Identifier)
}

// decodeNumbers decodes JSON with numbers as they are written.
func decodeNumbers(t *testing.T, text []byte) any {
	t.Helper()
	value, err := serialization.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// generator makes random runs.
type generator struct {
	*rand.Rand
	dir   string
	files int
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

// maybe is one of the values, or null.
func maybe(g *generator, percent int, values ...any) any {
	if !g.chance(percent) {
		return nil
	}
	return pick(g, values...)
}

func (g *generator) uuid() string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", g.Uint32(), g.Uint64()>>16)
}

func (g *generator) jobCase() jobCase {
	c := jobCase{Identifier: fmt.Sprintf("%08x", g.Uint32())}
	c.Agent = caseAgent{
		Labels: pick(g, []string{}, []string{"k8s"}, []string{"b", "a", "it's", `say "hi"`, "ü"}),
		Env: pick(g, map[string]string{}, map[string]string{"AGENT": "1"},
			map[string]string{"SHARED": "agent", "PREFECT__LOGGING__LEVEL": "DEBUG"}),
		NoCloudLogs: g.chance(20),
	}
	if g.chance(30) {
		c.Agent.ServiceAccountName = new(string)
		*c.Agent.ServiceAccountName = "agent-account"
	}
	if g.chance(30) {
		c.Agent.ImagePullSecrets = pick(g, []string{"agent-secret"}, []string{"one", "two"})
	}
	if g.chance(30) {
		c.Agent.JobTemplatePath = g.write(g.template())
	}
	c.Run.ID = g.uuid()
	c.Run.Flow.ID = g.uuid()
	if g.chance(90) {
		c.Run.Flow.CoreVersion = new(string)
		*c.Run.Flow.CoreVersion = pick(g, "1.4.1", "1.4.1", "0.15.13", "0.13.0", "0.12.6", "0.13.0rc1", "1.4.1+3.gabcdef", "1.0rc2", "0.9")
	}
	c.Run.Flow.Storage = g.storage()
	c.Run.RunConfig = g.runConfig()
	return c
}

func (g *generator) storage() map[string]any {
	docker := map[string]any{
		"__version__": "1.4.1", "type": "Docker", "flows": map[string]any{}, "prefect_version": "1.4.1", "secrets": []any{},
		"image_name": pick[any](g, "flow", "team/flow", "/flow"), "image_tag": pick[any](g, "1", "2024-01-01"),
		"registry_url": maybe(g, 70, "registry.example.com", "registry.example.com/", "registry.example.com/a/b/", ""),
	}
	local := map[string]any{
		"__version__": "1.4.1", "type": "Local", "directory": "/flows", "path": nil, "stored_as_script": false,
		"flows": map[string]any{}, "secrets": []any{},
	}
	module := map[string]any{"__version__": "1.4.1", "type": "Module", "module": "m", "flows": map[string]any{}, "secrets": []any{}}
	return pick(g, local, module, docker)
}

// runConfig is one as Prefect serialises it, in which everything that the agent
// looks at varies.
func (g *generator) runConfig() any {
	env := maybe(g, 60, map[string]any{}, map[string]any{"RUN": "1"}, map[string]any{
		"SHARED": "run", "B": "2", "A": "1", "LONGER_NAME": "x", "PREFECT__CLOUD__API": "http://elsewhere", "ÜMLAUT": "ü",
	}, map[string]any{"PREFECT__CLOUD__SEND_FLOW_RUN_LOGS": "false", "PREFECT__LOGGING__LEVEL": "ERROR"})
	labels := pick[any](g, []any{}, []any{"k8s"}, []any{"a", "b"})
	switch g.IntN(20) {
	case 0:
		return nil
	case 1:
		return map[string]any{"__version__": "1.4.1", "type": "UniversalRun", "env": env, "labels": labels}
	case 2:
		return map[string]any{"__version__": "1.4.1", "type": "LocalRun", "env": env, "labels": labels, "working_dir": nil}
	}
	config := map[string]any{
		"__version__": "1.4.1", "type": "KubernetesRun", "env": env, "labels": labels, "job_template": nil, "job_template_path": nil,
		"image":                maybe(g, 50, "flow:1", "registry.example.com/a/b@sha256:00", ""),
		"cpu_limit":            maybe(g, 40, "2", "500m", "0.5"),
		"cpu_request":          maybe(g, 40, "1", "250m", ""),
		"memory_limit":         maybe(g, 40, "1Gi", "512Mi"),
		"memory_request":       maybe(g, 40, "256Mi", "1G"),
		"service_account_name": maybe(g, 40, "run-account", ""),
		"image_pull_secrets":   maybe(g, 40, []any{}, []any{"run-secret"}, []any{"s2", "s1"}),
		"image_pull_policy":    maybe(g, 40, "Always", "IfNotPresent", "Never"),
	}
	switch {
	case g.chance(50):
		config["job_template"] = g.template()
	case g.chance(20):
		config["job_template_path"] = g.templateFile()
	}
	return config
}

// templateFile writes a template and gives its path. It is sometimes YAML, and
// sometimes not there.
func (g *generator) templateFile() string {
	g.files++
	path := filepath.Join(g.dir, fmt.Sprintf("template-%d.yaml", g.files))
	text, err := json.Marshal(g.template()) // which is YAML, too
	if err != nil {
		panic(err) // maps of plain values can be encoded
	}
	if g.chance(10) {
		return path
	}
	if g.chance(30) {
		text = []byte("# A comment\nkind: Job\nspec:\n  backoffLimit: 0x10\n  template:\n    spec:\n      containers:\n      - name: flow\n" +
			"        image: flow:2\n        env:\n        - {name: FLAG, value: \"yes\"}\n        - {name: OTHER, value: 'no'}\n")
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		panic(err) // the test's own directory
	}
	return path
}

// write writes a template, for the agent itself, and gives its path.
func (g *generator) write(template map[string]any) string {
	g.files++
	path := filepath.Join(g.dir, fmt.Sprintf("template-%d.json", g.files))
	text, err := json.Marshal(template)
	if err != nil {
		panic(err) // maps of plain values can be encoded
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		panic(err) // the test's own directory
	}
	return path
}

func (g *generator) template() map[string]any {
	job := map[string]any{"apiVersion": "batch/v1", "kind": "Job"}
	if g.chance(60) {
		metadata := map[string]any{}
		if g.chance(70) {
			metadata["name"] = pick[any](g, "my-job", "a-name-that-is-longer-than-the-forty-eight-characters-allowed", "jöb")
		}
		if g.chance(40) {
			metadata["labels"] = map[string]any{"team": "data", "prefect.io/identifier": "mine"}
		}
		if g.chance(30) {
			metadata["annotations"] = map[string]any{"note": "x"}
		}
		job["metadata"] = metadata
	}
	pod := map[string]any{"containers": g.containers()}
	for name, value := range map[string]any{
		"serviceAccountName": "template-account", "imagePullSecrets": []any{map[string]any{"name": "template-secret"}},
		"restartPolicy": pick[any](g, "OnFailure", "Never"), "nodeSelector": map[string]any{"kubernetes.io/os": "linux"},
		"tolerations": []any{map[string]any{"key": "spot", "operator": "Exists"}}, "terminationGracePeriodSeconds": 5,
		"volumes":        []any{map[string]any{"name": "v", "emptyDir": map[string]any{}}},
		"initContainers": []any{map[string]any{"name": "i", "image": "i:1"}},
	} {
		if g.chance(25) {
			pod[name] = value
		}
	}
	podTemplate := map[string]any{"spec": pod}
	if g.chance(30) {
		podTemplate["metadata"] = pick(g, map[string]any{}, map[string]any{"labels": map[string]any{"app": "flow"}, "annotations": map[string]any{"a": "b"}})
	}
	spec := map[string]any{"template": podTemplate}
	for name, value := range map[string]any{"backoffLimit": g.IntN(7), "ttlSecondsAfterFinished": 100, "completions": 1, "activeDeadlineSeconds": 3600} {
		if g.chance(25) {
			spec[name] = value
		}
	}
	job["spec"] = spec
	if g.chance(4) { // a template that is none
		pick(g,
			func() { delete(podTemplate, "spec") }, func() { delete(job, "spec") }, func() { pod["containers"] = "flow" },
			func() { job["metadata"] = nil }, func() { podTemplate["metadata"] = map[string]any{"labels": nil} },
		)()
	}
	return job
}

func (g *generator) containers() []any {
	containers := []any{}
	for i := range g.IntN(3) {
		container := map[string]any{"name": fmt.Sprintf("c%d", i)}
		for name, value := range map[string]any{
			"image": "template:1", "args": []any{"x"}, "command": []any{"tini", "--"}, "imagePullPolicy": "Always",
			"env": pick(g, []any{}, []any{map[string]any{"name": "SHARED", "value": "template"}, map[string]any{"name": "OWN", "value": "1"}},
				[]any{map[string]any{"name": "SECRET", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "s", "key": "k"}}}}),
			"resources": pick(g, map[string]any{}, map[string]any{"limits": map[string]any{"cpu": 3, "nvidia.com/gpu": 1}},
				map[string]any{"requests": map[string]any{"memory": "1Mi", "ephemeral-storage": "1Gi"}, "limits": map[string]any{}}),
			"volumeMounts": []any{map[string]any{"name": "v", "mountPath": "/v"}}, "securityContext": map[string]any{"runAsUser": 1000},
		} {
			if g.chance(35) {
				container[name] = value
			}
		}
		containers = append(containers, container)
	}
	return containers
}
