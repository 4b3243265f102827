package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// kubernetesRun implements kubernetes_run.
type kubernetesRun struct{}

// NewKubernetesRun returns the function kubernetes_run.
func NewKubernetesRun() function.Function { return kubernetesRun{} }

// fields are the attributes of the object, in the order of the documentation.
func fields() []string {
	return []string{
		"job_template", "job_template_path", "image", "env", "cpu_limit", "cpu_request", "memory_limit", "memory_request",
		"service_account_name", "image_pull_secrets", "image_pull_policy", "labels",
	}
}

// Metadata gives the name.
func (kubernetesRun) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "kubernetes_run"
}

// Definition describes the function.
func (kubernetesRun) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Serialised KubernetesRun",
		MarkdownDescription: "Returns a `KubernetesRun` as Prefect 1 serialises it, as JSON, for use where a serialised run configuration is expected. " +
			"It is validated as Prefect and Kubernetes would. Attributes that are left out or `null` are `null` in the result: " +
			"then the agent or the job template decides.",
		Parameters: []function.Parameter{function.DynamicParameter{
			Name: "run_config",
			MarkdownDescription: "Object with any of `" + strings.Join(fields(), "`, `") + "`. `job_template` is a Job, as an object or as JSON; " +
				"`job_template_path` is a location that the agent can read, such as `s3://...`.",
		}},
		Return: function.StringReturn{},
	}
}

// Run serialises the object.
func (kubernetesRun) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &given); resp.Error != nil {
		return
	}
	text, err := serialize(given)
	if err != nil {
		resp.Error = wrong(0, err)
		return
	}
	resp.Error = resp.Result.Set(ctx, types.StringValue(text))
}

func serialize(given types.Dynamic) (string, error) {
	value, err := plain(given)
	if err != nil {
		return "", err
	}
	config, ok := value.(map[string]any)
	if !ok {
		return "", errors.New("the run configuration must be an object")
	}
	for name := range config {
		if !slices.Contains(fields(), name) {
			return "", fmt.Errorf("a KubernetesRun has no attribute %q. It has: %s", name, strings.Join(fields(), ", "))
		}
	}
	if err := convert(config); err != nil {
		return "", err
	}
	config["type"] = "KubernetesRun"
	if config["labels"] == nil {
		config["labels"] = []any{}
	}
	run, err := serialization.ParseKubernetesRun(config)
	if err == nil {
		err = run.Validate()
	}
	if err != nil {
		return "", fmt.Errorf("%w", err)
	}
	serialized, err := run.Serialize(coreVersion)
	if err != nil {
		return "", fmt.Errorf("%w", err)
	}
	text, err := canonical(serialized)
	if err != nil {
		return "", err
	}
	return *text, nil
}

// convert does what Terraform does for typed attributes: numbers and booleans become strings where strings
// are required. A job template may be text.
func convert(config map[string]any) error {
	for _, name := range []string{"cpu_limit", "cpu_request", "memory_limit", "memory_request"} {
		config[name] = asText(config[name])
	}
	if env, ok := config["env"].(map[string]any); ok {
		for name, value := range env {
			env[name] = asText(value)
		}
	}
	if text, ok := config["job_template"].(string); ok {
		template, err := serialization.Decode([]byte(text))
		if err != nil {
			return fmt.Errorf("job_template: %w", err)
		}
		config["job_template"] = template
	}
	return nil
}

func asText(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return v
	}
}
