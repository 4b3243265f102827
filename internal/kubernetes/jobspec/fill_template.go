package jobspec

import (
	"fmt"
)

// jobNameLength leaves room for the identifier and for the suffix that Kubernetes adds to a pod's name.
const jobNameLength = 48

// template edits a job template and records the first part that the agent could not handle.
type template struct{ err error }

func (t *template) fail(path, format string, args ...any) {
	if t.err == nil {
		t.err = &Error{Kind: ErrTemplate, Path: path, Problem: fmt.Sprintf(format, args...)}
	}
}

// child returns the object at key, creating it if the key is absent. A null or another type is an error.
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

// identify sets the Job's name and labels and returns its pod specification.
func (t *template) identify(job map[string]any, run Run, identifier string) map[string]any {
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

// setPodDefaults sets the service account, pull secrets and restart policy. The run configuration takes
// precedence over its own template, and that over the agent; the agent's settings take precedence over the
// agent's template.
func (t *template) setPodDefaults(podSpec map[string]any, config runConfig, agent Agent, ownTemplate bool) {
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

// setEnvironment writes env first, then the template's other variables.
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
