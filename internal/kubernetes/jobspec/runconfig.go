package jobspec

import (
	"fmt"
	"slices"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// runConfig is what the agent reads from a run configuration.
type runConfig struct {
	template       map[string]any
	templatePath   *string
	image          *string
	env            map[string]any // unchecked, like the agent's
	serviceAccount *string
	pullSecrets    []string
	pullPolicy     *string
	quantities     []quantity
}

type quantity struct{ kind, name, value string }

// loadRunConfig reads the run configuration as the agent does: a UniversalRun counts as a KubernetesRun with
// only an environment, and a missing run configuration as an empty one.
func loadRunConfig(run Run) (runConfig, error) {
	raw := run.RunConfig
	if raw == nil {
		return runConfig{}, nil
	}
	env, ok := raw["env"].(map[string]any)
	if raw["env"] != nil && !ok {
		return runConfig{}, &Error{Kind: ErrRunConfig, Path: "env", Problem: "env must be an object"}
	}
	switch kind, _ := raw["type"].(string); kind {
	case "UniversalRun":
		return runConfig{env: env}, nil
	case "KubernetesRun":
	default:
		return runConfig{}, &Error{Kind: ErrRunConfig, Path: "type", Problem: fmt.Sprintf(
			"Flow run %s has a `run_config` of type `%s`, only `KubernetesRun` is supported", run.ID, kind)}
	}
	template, err := inlineTemplate(raw["job_template"])
	if err != nil {
		return runConfig{}, err
	}
	// Everything except the environment's values and the template's form has the usual checks.
	plain := map[string]any{}
	for k, v := range raw {
		if k != "env" && k != "job_template" {
			plain[k] = v
		}
	}
	parsed, err := serialization.ParseKubernetesRun(plain)
	if err != nil {
		return runConfig{}, &Error{Kind: ErrRunConfig, Problem: err.Error(), Err: err}
	}
	if parsed.JobTemplatePath != nil && template != nil {
		return runConfig{}, &Error{
			Kind: ErrRunConfig, Path: "job_template_path",
			Problem: "job_template and job_template_path cannot be combined",
		}
	}
	if p := parsed.ImagePullPolicy; p != nil && !slices.Contains([]string{"Always", "IfNotPresent", "Never"}, *p) {
		return runConfig{}, &Error{
			Kind: ErrRunConfig, Path: "image_pull_policy",
			Problem: fmt.Sprintf("%q is not an image pull policy", *p),
		}
	}
	return runConfig{
		template: template, templatePath: parsed.JobTemplatePath, image: parsed.Image, env: env,
		serviceAccount: parsed.ServiceAccountName, pullSecrets: parsed.ImagePullSecrets, pullPolicy: parsed.ImagePullPolicy,
		quantities: []quantity{
			{"requests", "memory", deref(parsed.MemoryRequest)},
			{"limits", "memory", deref(parsed.MemoryLimit)},
			{"requests", "cpu", deref(parsed.CPURequest)},
			{"limits", "cpu", deref(parsed.CPULimit)},
		},
	}, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
