package serialization

import (
	"slices"
	"testing"
)

// Every value of a wrong type is reported, with its index, its name and what it is.
func TestWrongTypesOfAJobTemplate(t *testing.T) {
	t.Parallel()
	value, err := Decode([]byte(`{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"labels": {"a": true}}, "spec": {
		"backoffLimit": "3", "activeDeadlineSeconds": 1.5, "suspend": "no", "template": {"spec": {
		"nodeSelector": "linux", "tolerations": {}, "terminationGracePeriodSeconds": null, "containers": [{
			"name": "flow", "env": [{"name": "A", "value": "1"}, {"name": "WORKERS", "value": 4}], "args": ["x", 1],
			"resources": {"limits": {"cpu": 1, "memory": true}}, "ports": [{"containerPort": 80}],
			"livenessProbe": {"httpGet": {"port": "http"}}}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	template, _ := value.(map[string]any)
	var got []string
	for _, p := range Problems(KubernetesRun{JobTemplate: template}.Validate()) {
		got = append(got, p.Path+": "+p.Problem)
	}
	want := []string{
		`job_template.metadata.labels.a: the value is the boolean true; write "true"`,
		"job_template.spec.activeDeadlineSeconds: the value is the number 1.5; it must be a whole number such as 1",
		`job_template.spec.backoffLimit: the value is the string "3"; it must be a whole number such as 1`,
		`job_template.spec.suspend: the value is the string "no"; it must be true or false`,
		"job_template.spec.template.spec.containers[0] (flow).args[1]: the value is the number 1; write \"1\"",
		"job_template.spec.template.spec.containers[0] (flow).env[1] (WORKERS).value: the value is the number 4; write \"4\"",
		`job_template.spec.template.spec.containers[0] (flow).resources.limits.memory: the value is the boolean true; write a quantity such as "500m" or "1Gi"`,
		`job_template.spec.template.spec.nodeSelector: the value is the string "linux"; it must be a map such as { name = "value" }`,
		"job_template.spec.template.spec.tolerations: the value is an object; it must be a list",
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i < len(got) {
				t.Logf("got  %s", got[i])
			}
			if i < len(want) {
				t.Logf("want %s", want[i])
			}
		}
		t.Error("the problems differ")
	}
}
