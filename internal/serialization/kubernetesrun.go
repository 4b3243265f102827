package serialization

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// KubernetesRun is the run configuration for the Kubernetes agent, which creates a Job. A nil field is unset,
// which the serialised form writes as null; an empty value stays empty.
type KubernetesRun struct {
	JobTemplate        map[string]any
	JobTemplatePath    *string
	Image              *string
	Env                map[string]string // nil: null
	CPULimit           *string           // a Kubernetes quantity, like the next three
	CPURequest         *string
	MemoryLimit        *string
	MemoryRequest      *string
	ServiceAccountName *string
	ImagePullPolicy    *string
	ImagePullSecrets   []string // nil: null
	Labels             []string // order does not matter
}

// kubernetesRunType is the type member of a serialised KubernetesRun.
const kubernetesRunType = "KubernetesRun"

// Serialize writes the run configuration as Prefect's KubernetesRunSchema does: every field, null if unset,
// with sorted unique labels and coreVersion (such as "1.4.1") as the writing version. It does not validate,
// but rejects a job template that is not JSON.
func (k KubernetesRun) Serialize(coreVersion string) (map[string]any, error) {
	labels := slices.Clone(k.Labels)
	slices.Sort(labels)
	out := map[string]any{
		"__version__":          coreVersion,
		"type":                 kubernetesRunType,
		"job_template":         nil,
		"job_template_path":    optional(k.JobTemplatePath),
		"image":                optional(k.Image),
		"env":                  nil,
		"cpu_limit":            optional(k.CPULimit),
		"cpu_request":          optional(k.CPURequest),
		"memory_limit":         optional(k.MemoryLimit),
		"memory_request":       optional(k.MemoryRequest),
		"service_account_name": optional(k.ServiceAccountName),
		"image_pull_policy":    optional(k.ImagePullPolicy),
		"image_pull_secrets":   nil,
		"labels":               anyList(slices.Compact(labels)),
	}
	if k.Env != nil {
		env := make(map[string]any, len(k.Env))
		for name, value := range k.Env {
			env[name] = value
		}
		out["env"] = env
	}
	if k.ImagePullSecrets != nil {
		out["image_pull_secrets"] = anyList(k.ImagePullSecrets)
	}
	if k.JobTemplate != nil {
		if _, err := Canonical(k.JobTemplate); err != nil {
			return nil, fmt.Errorf("serialise job_template: %w", err)
		}
		out["job_template"] = CopyObject(k.JobTemplate)
	}
	return out, nil
}

// ParseKubernetesRun reads a serialised KubernetesRun. It ignores unknown members, as Prefect does; members
// of the wrong type are *Error with ErrInvalidRunConfig.
func ParseKubernetesRun(config map[string]any) (KubernetesRun, error) {
	p := &problems{kind: ErrInvalidRunConfig}
	if config["type"] != kubernetesRunType {
		p.add("type", fmt.Sprintf("the run configuration has the type %s, not %q", describe(config["type"]), kubernetesRunType),
			"Use a KubernetesRun")
		return KubernetesRun{}, p.err()
	}
	k := KubernetesRun{
		JobTemplate:        p.object(config, "job_template"),
		JobTemplatePath:    p.text(config, "job_template_path"),
		Image:              p.text(config, "image"),
		Env:                p.texts(config, "env"),
		CPULimit:           p.text(config, "cpu_limit"),
		CPURequest:         p.text(config, "cpu_request"),
		MemoryLimit:        p.text(config, "memory_limit"),
		MemoryRequest:      p.text(config, "memory_request"),
		ServiceAccountName: p.text(config, "service_account_name"),
		ImagePullPolicy:    p.text(config, "image_pull_policy"),
		ImagePullSecrets:   p.strings(config, "image_pull_secrets"),
		Labels:             p.strings(config, "labels"),
	}
	if v, present := config["labels"]; present && v == nil {
		p.add("labels", "labels must be a list of strings, not null", "Use an empty list for no labels")
	}
	if err := p.err(); err != nil {
		return KubernetesRun{}, err
	}
	return k, nil
}

func optional(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

func anyList(list []string) []any {
	out := make([]any, 0, len(list))
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

// problems collects the problems of a document.
type problems struct {
	kind error
	list []error
}

func (p *problems) add(path, problem, remedy string) {
	p.list = append(p.list, &Error{Kind: p.kind, Path: path, Problem: problem, Remedy: remedy})
}

// adopt adds the problems of another error, with a prefix for their paths.
func (p *problems) adopt(prefix string, err error) {
	for _, e := range Problems(err) {
		inner := *e
		inner.Path = prefix + inner.Path
		p.list = append(p.list, &inner)
	}
}

func (p *problems) err() error { return errors.Join(p.list...) }

func (p *problems) text(m map[string]any, key string) *string {
	switch v := m[key].(type) {
	case nil:
	case string:
		return &v
	default:
		p.add(key, fmt.Sprintf("%s must be a string, not %s", key, kindOf(v)), "Put the value in quotes")
	}
	return nil
}

func (p *problems) object(m map[string]any, key string) map[string]any {
	switch v := m[key].(type) {
	case nil:
	case map[string]any:
		return CopyObject(v)
	default:
		p.add(key, fmt.Sprintf("%s must be an object, not %s", key, kindOf(v)), "Use the decoded object, not its text")
	}
	return nil
}

func (p *problems) texts(m map[string]any, key string) map[string]string {
	object := p.object(m, key)
	if object == nil {
		return nil
	}
	out := make(map[string]string, len(object))
	for _, name := range sorted(keysOf(object)) {
		s, ok := object[name].(string)
		if !ok {
			p.add(key+"."+name, fmt.Sprintf("an environment variable must be a string, not %s", kindOf(object[name])), "Put the value in quotes")
		}
		out[name] = s
	}
	return out
}

func (p *problems) strings(m map[string]any, key string) []string {
	switch v := m[key].(type) {
	case nil:
		return nil
	case []string:
		return slices.Clone(v)
	case []any:
		out := make([]string, 0, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				p.add(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%s must contain strings, not %s", key, kindOf(e)), "Put the value in quotes")
			}
			out = append(out, s)
		}
		return out
	default:
		p.add(key, fmt.Sprintf("%s must be a list of strings, not %s", key, kindOf(v)), "Use a list")
		return nil
	}
}

func keysOf[V any](m map[string]V) []string { return slices.Collect(maps.Keys(m)) }

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
