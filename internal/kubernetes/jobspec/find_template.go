package jobspec

import (
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/pyyaml"
)

// inlineTemplate reads a job_template, which may be an object or YAML text.
func inlineTemplate(v any) (map[string]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil //nolint:nilnil // no template is a valid answer
	case map[string]any:
		return serialization.CopyObject(v), nil
	case string:
		return parseTemplate("job_template", []byte(v))
	default:
		return nil, &Error{Kind: ErrRunConfig, Path: "job_template", Problem: fmt.Sprintf("a job template must be an object, not %T", v)}
	}
}

func parseTemplate(path string, data []byte) (map[string]any, error) {
	v, err := pyyaml.Load(data)
	if err != nil {
		return nil, &Error{Kind: ErrTemplate, Path: path, Problem: "the job template cannot be read: " + err.Error(), Err: err}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &Error{Kind: ErrTemplate, Path: path, Problem: fmt.Sprintf("a job template must be an object, not %T", v)}
	}
	return m, nil
}

// jobTemplate selects the template and reports whether it is the run configuration's own. The caller may
// modify the result.
func jobTemplate(config runConfig, agent Agent) (map[string]any, bool, error) {
	switch {
	case len(config.template) > 0:
		return config.template, true, nil
	case config.templatePath != nil && *config.templatePath != "":
		path := *config.templatePath
		if agent.ReadTemplate == nil {
			return nil, false, &Error{
				Kind: ErrTemplateUnavailable, Path: "job_template_path",
				Problem: fmt.Sprintf("the agent reads the job template %q when the run starts; the provider cannot read it", path),
			}
		}
		data, err := agent.ReadTemplate(path)
		if err != nil {
			return nil, false, &Error{
				Kind: ErrTemplateUnavailable, Path: "job_template_path",
				Problem: fmt.Sprintf("read the job template %q: %v", path, err), Err: err,
			}
		}
		job, err := parseTemplate("job_template_path", data)
		return job, true, err
	case agent.JobTemplate != nil:
		return serialization.CopyObject(agent.JobTemplate), false, nil
	default:
		return map[string]any{
			"apiVersion": "batch/v1", "kind": "Job",
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
				"containers": []any{map[string]any{"name": "flow"}},
			}}},
		}, false, nil
	}
}
