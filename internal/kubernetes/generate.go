package kubernetes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
)

// jobNameLength leaves room for the identifier and for the suffix that Kubernetes gives a pod.
const jobNameLength = 48

// AgentSettings is the part of a Kubernetes agent's configuration that shapes its Jobs. The zero value is an agent
// of a Prefect Server with default settings.
type AgentSettings struct {
	API                string            // the URL that flow runs use for the API
	Backend            string            // "server" unless set
	LoggingLevel       string            // "INFO" unless set
	Labels             []string          // in the agent's order; its command line sorts them
	Env                map[string]string // the agent's --env
	NoCloudLogs        bool              // flow runs do not send their logs to the API
	ServiceAccountName string
	ImagePullSecrets   []string
	APIKey             string         // given to flow runs
	TenantID           string         // given to flow runs when there is an APIKey
	JobTemplate        map[string]any // instead of the agent's own template; nil for that one
	// ReadTemplate fetches a job template that a run configuration names by path. Without it such a run
	// configuration is a *GenerateError with ErrTemplateUnavailable.
	ReadTemplate func(path string) ([]byte, error)
}

// FlowRun is what the agent knows of a run when it creates the Job.
type FlowRun struct {
	ID, FlowID  string
	CoreVersion string         // of the Prefect that registered the flow; may be empty
	RunConfig   map[string]any // serialised; nil when the run has none
	Storage     map[string]any // serialised
}

// GenerateJob returns the Job that the Prefect 1.4.1 Kubernetes agent creates for a run, as JSON. The identifier
// is eight hexadecimal digits, fresh for every Job. Nothing that was passed in is modified. What makes the agent
// fail a run before it creates a Job is a *GenerateError.
func GenerateJob(run FlowRun, agent AgentSettings, identifier string) (map[string]any, error) {
	config, err := loadRunConfig(run)
	if err != nil {
		return nil, err
	}
	job, ownTemplate, err := jobTemplate(config, agent)
	if err != nil {
		return nil, err
	}
	t := &template{}
	podSpec := t.identify(job, run, identifier)
	t.setPodDefaults(podSpec, config, agent, ownTemplate)
	container := t.firstContainer(podSpec)
	if t.err != nil {
		return nil, t.err
	}
	image, err := flowImage(run, config, container["image"])
	if err != nil {
		return nil, err
	}
	command, err := flowCommand(run.CoreVersion)
	if err != nil {
		return nil, err
	}
	container["image"] = image
	if config.pullPolicy != nil {
		container["imagePullPolicy"] = *config.pullPolicy
	}
	container["args"] = command
	t.setEnvironment(container, environment(run, config, agent, image))
	t.setResources(container, config)
	if t.err != nil {
		return nil, t.err
	}
	return job, nil
}

// ToJob converts a generated Job to its type. Fields that a Job does not have are dropped, as the API server drops
// them.
func ToJob(job map[string]any) (*batchv1.Job, error) {
	data, err := json.Marshal(job)
	if err != nil {
		return nil, fmt.Errorf("encode Job: %w", err)
	}
	var typed batchv1.Job
	if err := json.Unmarshal(data, &typed); err != nil {
		return nil, &GenerateError{Kind: ErrTemplate, Path: "job_template", Problem: "the template does not make a Job: " + err.Error(), Err: err}
	}
	return &typed, nil
}

// template edits a job template and remembers the first thing that was not as the agent expects.
type template struct{ err error }

func (t *template) fail(path, format string, args ...any) {
	if t.err == nil {
		t.err = &GenerateError{Kind: ErrTemplate, Path: path, Problem: fmt.Sprintf(format, args...)}
	}
}

// child returns the object at key, creating it when the key is absent. A null or another type is a failure.
func (t *template) child(parent map[string]any, path, key string) map[string]any {
	v, present := parent[key]
	if !present {
		v = map[string]any{}
		parent[key] = v
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.fail(path, "the job template must have an object here, not %T", v)
		return map[string]any{}
	}
	return m
}

// identify names and labels the Job and returns its pod specification.
func (t *template) identify(job map[string]any, run FlowRun, identifier string) map[string]any {
	metadata := t.child(job, "metadata", "metadata")
	spec := t.child(job, "spec", "spec")
	podTemplate := t.child(spec, "spec.template", "template")
	podMetadata := t.child(podTemplate, "spec.template.metadata", "metadata")

	name := "prefect-job"
	if v, present := metadata["name"]; present {
		s, ok := v.(string)
		if !ok {
			t.fail("metadata.name", "the name of a job template must be a string, not %T", v)
		}
		name = s
	}
	if runes := []rune(name); len(runes) > jobNameLength {
		name = string(runes[:jobNameLength])
	}
	metadata["name"] = name + "-" + identifier
	for _, labels := range []map[string]any{
		t.child(metadata, "metadata.labels", "labels"),
		t.child(podMetadata, "spec.template.metadata.labels", "labels"),
	} {
		labels[LabelIdentifier] = identifier
		labels[LabelFlowRunID] = run.ID
		labels[LabelFlowID] = run.FlowID
	}
	podSpec, ok := podTemplate["spec"].(map[string]any)
	if !ok {
		t.fail("spec.template.spec", "the job template has no pod specification")
	}
	return podSpec
}

// setPodDefaults decides service account, pull secrets and restart policy. The run configuration wins over its own
// template, which wins over the agent; the agent's template gives way to the agent's settings.
func (t *template) setPodDefaults(podSpec map[string]any, config runConfig, agent AgentSettings, ownTemplate bool) {
	if t.err != nil {
		return
	}
	_, account := podSpec["serviceAccountName"]
	switch {
	case config.serviceAccount != nil:
		podSpec["serviceAccountName"] = *config.serviceAccount
	case account && ownTemplate:
	case agent.ServiceAccountName != "":
		podSpec["serviceAccountName"] = agent.ServiceAccountName
	}
	_, secrets := podSpec["imagePullSecrets"]
	switch {
	case len(config.pullSecrets) > 0:
		podSpec["imagePullSecrets"] = secretReferences(config.pullSecrets)
	case secrets && ownTemplate:
	case len(agent.ImagePullSecrets) > 0:
		podSpec["imagePullSecrets"] = secretReferences(agent.ImagePullSecrets)
	}
	if _, set := podSpec["restartPolicy"]; !set {
		podSpec["restartPolicy"] = "Never"
	}
}

func secretReferences(names []string) []any {
	out := make([]any, 0, len(names))
	for _, n := range names {
		out = append(out, map[string]any{"name": n})
	}
	return out
}

// firstContainer returns the container that runs the flow.
func (t *template) firstContainer(podSpec map[string]any) map[string]any {
	if t.err != nil {
		return nil
	}
	const path = "spec.template.spec.containers"
	v, present := podSpec["containers"]
	list, ok := v.([]any)
	if present && !ok {
		t.fail(path, "the containers of a job template must be a list, not %T", v)
		return nil
	}
	if len(list) == 0 {
		list = []any{map[string]any{}}
		podSpec["containers"] = list
	}
	container, ok := list[0].(map[string]any)
	if !ok {
		t.fail(path+"[0]", "a container must be an object, not %T", list[0])
	}
	return container
}

// setEnvironment writes the variables, then those of the template that are not among them.
func (t *template) setEnvironment(container map[string]any, env *variables) {
	const path = "spec.template.spec.containers[0].env"
	list := make([]any, 0, len(env.names))
	for _, name := range env.names {
		list = append(list, map[string]any{"name": name, "value": env.values[name]})
	}
	v, present := container["env"]
	own, ok := v.([]any)
	if present && !ok {
		t.fail(path, "the environment of a container must be a list, not %T", v)
		return
	}
	for i, e := range own {
		entry, _ := e.(map[string]any)
		name, ok := entry["name"].(string)
		if !ok {
			t.fail(fmt.Sprintf("%s[%d]", path, i), "an environment variable must be an object with a name")
			return
		}
		if _, taken := env.values[name]; !taken {
			list = append(list, e)
		}
	}
	container["env"] = list
}

func (t *template) setResources(container map[string]any, config runConfig) {
	const path = "spec.template.spec.containers[0].resources"
	resources := t.child(container, path, "resources")
	for _, kind := range []string{"requests", "limits"} {
		if _, present := resources[kind]; !present {
			resources[kind] = map[string]any{}
		}
		for _, q := range config.quantities {
			if q.kind != kind || q.value == "" {
				continue
			}
			t.child(resources, path+"."+kind, kind)[q.name] = q.value
		}
	}
}

// variables is a mapping that remembers the order in which its names were first set, as a Python dict does.
type variables struct {
	names  []string
	values map[string]any
}

func (v *variables) set(name string, value any) {
	if _, known := v.values[name]; !known {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

// environment merges, later ones winning: the agent's settings, the run configuration's, what the run requires.
func environment(run FlowRun, config runConfig, agent AgentSettings, image string) *variables {
	env := &variables{values: map[string]any{}}
	env.set("PREFECT__LOGGING__LEVEL", fallback(agent.LoggingLevel, "INFO"))
	for _, name := range slices.Sorted(maps.Keys(agent.Env)) {
		env.set(name, agent.Env[name])
	}
	for _, name := range storedOrder(config.env) {
		env.set(name, config.env[name])
	}
	// A run can switch its logs off, but not on against the agent.
	sendLogs := "true"
	if agent.NoCloudLogs {
		sendLogs = "false"
	}
	if _, set := env.values["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS"]; !set || agent.NoCloudLogs {
		env.set("PREFECT__CLOUD__SEND_FLOW_RUN_LOGS", sendLogs)
	}
	tenant := ""
	if agent.APIKey != "" {
		tenant = agent.TenantID
	}
	for _, v := range [][2]string{
		{"PREFECT__BACKEND", fallback(agent.Backend, "server")},
		{"PREFECT__CLOUD__AGENT__LABELS", PythonList(agent.Labels)},
		{"PREFECT__CLOUD__API", agent.API},
		{"PREFECT__CLOUD__API_KEY", agent.APIKey},
		{"PREFECT__CLOUD__TENANT_ID", tenant},
		{"PREFECT__CLOUD__USE_LOCAL_SECRETS", "false"},
		{"PREFECT__CONTEXT__FLOW_RUN_ID", run.ID},
		{"PREFECT__CONTEXT__FLOW_ID", run.FlowID},
		{"PREFECT__CONTEXT__IMAGE", image},
		{"PREFECT__ENGINE__FLOW_RUNNER__DEFAULT_CLASS", "prefect.engine.cloud.CloudFlowRunner"},
		{"PREFECT__LOGGING__LOG_TO_CLOUD", sendLogs}, // read by Prefect before 0.15
		{"PREFECT__CLOUD__AUTH_TOKEN", agent.APIKey}, // read by Prefect before 1.0
	} {
		env.set(v[0], v[1])
	}
	return env
}

// storedOrder is the order in which PostgreSQL returns the members of a JSON object, hence in which the agent sees
// the variables of a run configuration: by length, then by bytes.
func storedOrder(env map[string]any) []string {
	return slices.SortedFunc(maps.Keys(env), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}

func fallback(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
