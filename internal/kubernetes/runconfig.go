package kubernetes

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// Kinds of GenerateError, for errors.Is.
var (
	// ErrRunConfig means the agent cannot use the run configuration.
	ErrRunConfig = errors.New("run configuration not usable by the Kubernetes agent")
	// ErrStorage means the agent cannot use the flow's storage.
	ErrStorage = errors.New("storage not usable by the Kubernetes agent")
	// ErrTemplate means the job template is not one.
	ErrTemplate = errors.New("job template not usable by the Kubernetes agent")
	// ErrTemplateUnavailable means the job template lies where only the agent can read it.
	ErrTemplateUnavailable = errors.New("job template not readable from here")
	// ErrCoreVersion means the flow's Prefect version is not a version.
	ErrCoreVersion = errors.New("not a Prefect version")
)

// GenerateError says why no Job can be generated for a run.
type GenerateError struct {
	Kind    error  // one of the Err values above
	Path    string // where, within the run configuration or the job template
	Problem string
	Err     error // the cause, if there is one
}

// Error formats the place and the problem.
func (e *GenerateError) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

// Unwrap returns kind and cause.
func (e *GenerateError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// runConfig is what the agent reads from a run configuration.
type runConfig struct {
	template       map[string]any
	templatePath   *string
	image          *string
	env            map[string]any // values are not checked, as the agent does not
	serviceAccount *string
	pullSecrets    []string
	pullPolicy     *string
	quantities     []quantity
}

type quantity struct{ kind, name, value string }

// loadRunConfig reads the run configuration as the agent does: a UniversalRun counts as a KubernetesRun with only
// an environment, and no run configuration as an empty one.
func loadRunConfig(run FlowRun) (runConfig, error) {
	raw := run.RunConfig
	if raw == nil {
		return runConfig{}, nil
	}
	env, ok := raw["env"].(map[string]any)
	if raw["env"] != nil && !ok {
		return runConfig{}, &GenerateError{Kind: ErrRunConfig, Path: "env", Problem: "env must be an object"}
	}
	switch kind, _ := raw["type"].(string); kind {
	case "UniversalRun":
		return runConfig{env: env}, nil
	case "KubernetesRun":
	default:
		return runConfig{}, &GenerateError{Kind: ErrRunConfig, Path: "type", Problem: fmt.Sprintf(
			"Flow run %s has a `run_config` of type `%s`, only `KubernetesRun` is supported", run.ID, kind)}
	}
	template, err := inlineTemplate(raw["job_template"])
	if err != nil {
		return runConfig{}, err
	}
	// Everything but the environment's values and the template's form is checked in the usual way.
	plain := map[string]any{}
	for k, v := range raw {
		if k != "env" && k != "job_template" {
			plain[k] = v
		}
	}
	parsed, err := serialization.ParseKubernetesRun(plain)
	if err != nil {
		return runConfig{}, &GenerateError{Kind: ErrRunConfig, Problem: err.Error(), Err: err}
	}
	if parsed.JobTemplatePath != nil && template != nil {
		return runConfig{}, &GenerateError{
			Kind: ErrRunConfig, Path: "job_template_path",
			Problem: "job_template and job_template_path exclude each other",
		}
	}
	if p := parsed.ImagePullPolicy; p != nil && !slices.Contains([]string{"Always", "IfNotPresent", "Never"}, *p) {
		return runConfig{}, &GenerateError{
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

// inlineTemplate reads a job_template, which may be an object or YAML text.
func inlineTemplate(v any) (map[string]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil //nolint:nilnil // no template is a valid answer
	case map[string]any:
		return deepCopy(v), nil
	case string:
		return parseTemplate("job_template", []byte(v))
	default:
		return nil, &GenerateError{Kind: ErrRunConfig, Path: "job_template", Problem: fmt.Sprintf("a job template must be an object, not %T", v)}
	}
}

func parseTemplate(path string, data []byte) (map[string]any, error) {
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, &GenerateError{Kind: ErrTemplate, Path: path, Problem: "the job template is not YAML: " + err.Error(), Err: err}
	}
	v, err := serialization.Decode(asJSON)
	if err != nil {
		return nil, &GenerateError{Kind: ErrTemplate, Path: path, Problem: "the job template is not YAML: " + err.Error(), Err: err}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &GenerateError{Kind: ErrTemplate, Path: path, Problem: fmt.Sprintf("a job template must be an object, not %T", v)}
	}
	return m, nil
}

// jobTemplate picks the template and tells whether it is the run configuration's own. The result may be modified.
func jobTemplate(config runConfig, agent AgentSettings) (map[string]any, bool, error) {
	switch {
	case len(config.template) > 0:
		return config.template, true, nil
	case config.templatePath != nil && *config.templatePath != "":
		path := *config.templatePath
		if agent.ReadTemplate == nil {
			return nil, false, &GenerateError{
				Kind: ErrTemplateUnavailable, Path: "job_template_path",
				Problem: fmt.Sprintf("the job template %q is read by the agent when the run starts and cannot be read from here", path),
			}
		}
		data, err := agent.ReadTemplate(path)
		if err != nil {
			return nil, false, &GenerateError{
				Kind: ErrTemplateUnavailable, Path: "job_template_path",
				Problem: fmt.Sprintf("read the job template %q: %v", path, err), Err: err,
			}
		}
		job, err := parseTemplate("job_template_path", data)
		return job, true, err
	case agent.JobTemplate != nil:
		return deepCopy(agent.JobTemplate), false, nil
	default:
		return map[string]any{
			"apiVersion": "batch/v1", "kind": "Job",
			"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
				"containers": []any{map[string]any{"name": "flow"}},
			}}},
		}, false, nil
	}
}

// flowImage decides the flow container's image: Docker storage, run configuration, template, Prefect's own image of
// the flow's version.
func flowImage(run FlowRun, config runConfig, fromTemplate any) (string, error) {
	kind, ok := run.Storage["type"].(string)
	if !ok {
		return "", &GenerateError{Kind: ErrStorage, Path: "storage", Problem: "the flow has no storage, so it cannot be loaded where it runs"}
	}
	if kind == "Docker" {
		return dockerImage(run.Storage)
	}
	if config.image != nil {
		return *config.image, nil
	}
	switch v := fromTemplate.(type) {
	case string:
		return v, nil
	case nil:
	default:
		return "", &GenerateError{Kind: ErrTemplate, Path: "spec.template.spec.containers[0].image", Problem: fmt.Sprintf("an image must be a string, not %T", v)}
	}
	version, _, _ := strings.Cut(fallback(run.CoreVersion, "latest"), "+")
	return "prefecthq/prefect:" + version, nil
}

// dockerImage is the image that Docker storage names; registry and name are joined as a path.
func dockerImage(storage map[string]any) (string, error) {
	name, hasName := storage["image_name"].(string)
	tag, hasTag := storage["image_tag"].(string)
	if !hasName || !hasTag {
		return "", &GenerateError{Kind: ErrStorage, Path: "storage", Problem: "Docker storage is missing required fields image_name and image_tag"}
	}
	registry, _ := storage["registry_url"].(string)
	if !strings.HasPrefix(name, "/") {
		name = registry + "/" + name
		if registry == "" {
			name = name[1:]
		}
	}
	var parts []string
	for p := range strings.SplitSeq(name, "/") {
		if p != "" && p != "." {
			parts = append(parts, p)
		}
	}
	root := ""
	if strings.HasPrefix(name, "/") {
		root = "/"
	}
	return root + strings.Join(parts, "/") + ":" + tag, nil
}

var versionPattern = regexp.MustCompile(`(?i)^v?(?:(\d+)!)?(\d+(?:\.\d+)*)([-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d*)?([-_.]?(?:post|rev|r)?[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$`)

// flowCommand is the command that runs a flow run: its name changed with Prefect 0.13.0. A flow without a version
// counts as older.
func flowCommand(coreVersion string) ([]any, error) {
	current, old := []any{"prefect", "execute", "flow-run"}, []any{"prefect", "execute", "cloud-flow"}
	if coreVersion == "" {
		return old, nil
	}
	m := versionPattern.FindStringSubmatch(strings.TrimSpace(coreVersion))
	if m == nil {
		return nil, &GenerateError{Kind: ErrCoreVersion, Path: "core_version", Problem: fmt.Sprintf("Invalid version: %q", coreVersion)}
	}
	if epoch, _ := strconv.Atoi(m[1]); epoch > 0 {
		return current, nil
	}
	order := slices.Compare(release(m[2]), []int{0, 13})
	isPre := m[3] != "" || m[5] != ""
	if order < 0 || (order == 0 && isPre) {
		return old, nil
	}
	return current, nil
}

// release splits a release number, without the zeros at its end.
func release(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		n, _ := strconv.Atoi(part)
		out = append(out, n)
	}
	for len(out) > 0 && out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out
}

// PythonList writes a list of strings as Python's str() does.
func PythonList(list []string) string {
	parts := make([]string, 0, len(list))
	for _, s := range list {
		parts = append(parts, PythonString(s))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// PythonString writes a string as Python's repr() does.
func PythonString(s string) string {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func deepCopy(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = copyValue(v)
	}
	return out
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return deepCopy(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			out = append(out, copyValue(e))
		}
		return out
	}
	return v
}
