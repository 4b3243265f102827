package jobspec

import (
	"fmt"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// TestNullsOfATemplate sets every value of a template to null, in turn. Validation, which a plan does, refuses what the agent
// cannot use: that a Job cannot be made must not be found when the run starts.
func TestNullsOfATemplate(t *testing.T) {
	t.Parallel()
	const full = `, "cpu_limit": "1", "memory_request": "1Gi", "job_template": {"apiVersion": "batch/v1", "kind": "Job",
		"metadata": {"name": "etl", "labels": {"a": "b"}, "annotations": {"a": "b"}},
		"spec": {"backoffLimit": 1, "suspend": false, "template": {"metadata": {"labels": {"a": "b"}, "annotations": {}}, "spec": {
			"restartPolicy": "Never", "serviceAccountName": "robot", "nodeSelector": {"a": "b"}, "tolerations": [], "volumes": [],
			"imagePullSecrets": [{"name": "s"}], "initContainers": [],
			"containers": [{"name": "flow", "image": "etl:1", "command": ["tini"], "args": [], "env": [{"name": "A", "value": "1"}],
				"resources": {"limits": {"cpu": "1"}, "requests": {"memory": "1Gi"}}, "volumeMounts": [], "securityContext": {}}]}}}}`
	refused := 0
	for _, at := range paths(kubernetesRun(full)["job_template"], nil) {
		config := kubernetesRun(full)
		setNull(config["job_template"], at)
		_, err := Generate(Run{CoreVersion: "1.4.1", RunConfig: config, Storage: map[string]any{"type": "Local"}}, Agent{}, "00000000")
		run, parseErr := serialization.ParseKubernetesRun(config)
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		problem := run.Validate()
		if err != nil {
			refused++
		}
		if err != nil && problem == nil {
			t.Errorf("null at %v is found by the agent only: %v", at, err)
		}
		if err == nil && problem != nil && !needed(at) {
			t.Errorf("null at %v is refused (%v), and the agent takes it", at, problem)
		}
	}
	if refused < 12 {
		t.Errorf("only %d nulls were refused", refused)
	}
}

// needed reports whether Kubernetes itself wants a value where the agent does not look.
func needed(at []any) bool {
	switch fmt.Sprint(at) {
	case "[apiVersion]", "[kind]", "[spec template spec containers 0 name]":
		return true
	}
	return false
}

// paths are those of every member and item of a value.
func paths(value any, prefix []any) [][]any {
	var out [][]any
	visit := func(key, child any) {
		at := append(append([]any{}, prefix...), key)
		out = append(append(out, at), paths(child, at)...)
	}
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			visit(key, child)
		}
	case []any:
		for i, child := range v {
			visit(i, child)
		}
	}
	return out
}

// setNull replaces the value at a path by null.
func setNull(value any, at []any) {
	for i, key := range at {
		last := i == len(at)-1
		switch parent := value.(type) {
		case map[string]any:
			name, _ := key.(string)
			if last {
				parent[name] = nil
			}
			value = parent[name]
		case []any:
			index, _ := key.(int)
			if last {
				parent[index] = nil
			}
			value = parent[index]
		}
	}
}
