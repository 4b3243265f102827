package jobspec

import (
	"encoding/json"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
)

// Generate returns the Job that the Prefect 1.4.1 Kubernetes agent creates for a run, as JSON. The identifier
// is eight hexadecimal digits, fresh for every Job. The arguments are not modified. If the agent would fail
// the run before creating a Job, the error is a *Error.
func Generate(run Run, agent Agent, identifier string) (map[string]any, error) {
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

// ToJob converts a generated Job to its type. Unknown fields are dropped, as the API server does.
func ToJob(job map[string]any) (*batchv1.Job, error) {
	data, err := json.Marshal(job)
	if err != nil {
		return nil, fmt.Errorf("encode Job: %w", err)
	}
	var typed batchv1.Job
	if err := json.Unmarshal(data, &typed); err != nil {
		return nil, &Error{Kind: ErrTemplate, Path: "job_template", Problem: "the template does not produce a valid Job: " + err.Error(), Err: err}
	}
	return &typed, nil
}
