package serialization

import "fmt"

// checkNulls reports the nulls in a job template that the Kubernetes agent, which adds to these places, cannot use. Elsewhere
// null is the same as nothing.
func (k KubernetesRun) checkNulls(p *problems, path string) {
	object := func(at string, parent map[string]any, key string) map[string]any {
		if at != "" {
			at += "."
		}
		if value, present := parent[key]; present && value == nil {
			p.add(path+at+key, "the value is null, and the agent adds to what it expects here", "Remove it, or give it a value")
		}
		child, _ := parent[key].(map[string]any)
		return child
	}
	metadata := object("", k.JobTemplate, "metadata")
	object("metadata", metadata, "name")
	object("metadata", metadata, "labels")
	spec := object("", k.JobTemplate, "spec")
	template := object("spec", spec, "template")
	object("spec.template", object("spec.template", template, "metadata"), "labels")
	pod := object("spec.template", template, "spec")
	object("spec.template.spec", pod, "containers")
	containers, _ := pod["containers"].([]any)
	if len(containers) == 0 {
		return
	}
	const first = "spec.template.spec.containers[0]"
	container, _ := containers[0].(map[string]any)
	if containers[0] == nil {
		p.add(path+first, "the container is null", "Remove it, or describe the container that runs the flow")
	}
	object(first, container, "env")
	variables, _ := container["env"].([]any)
	for i, v := range variables {
		variable, _ := v.(map[string]any)
		if name, ok := variable["name"].(string); !ok || name == "" {
			p.add(fmt.Sprintf("%s%s.env[%d]", path, first, i), "an environment variable must be an object with a name", `Write it as { name = "A", value = "1" }`)
		}
	}
	resources := object(first, container, "resources")
	for kind, quantities := range map[string][]*string{"requests": {k.CPURequest, k.MemoryRequest}, "limits": {k.CPULimit, k.MemoryLimit}} {
		if quantities[0] != nil || quantities[1] != nil {
			object(first+".resources", resources, kind)
		}
	}
}
