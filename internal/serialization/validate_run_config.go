package serialization

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	kjson "sigs.k8s.io/json"
)

// templateSchemes are the URL schemes from which the agent can read a job template when it starts a run.
var templateSchemes = []string{"agent", "gcs", "gs", "http", "https", "s3"}

var pullPolicies = []string{"Always", "IfNotPresent", "Never"}

// Validate reports everything in the run configuration that the agent or Kubernetes would refuse when the run
// starts: exclusive fields, quantities, pull policy, names, and a job template that is not a batch/v1 Job. The
// result joins *Error values with ErrInvalidRunConfig.
func (k KubernetesRun) Validate() error {
	p := &problems{kind: ErrInvalidRunConfig}
	k.validateTemplate(p)
	k.validateResources(p)
	if k.Image != nil && (*k.Image == "" || strings.TrimSpace(*k.Image) != *k.Image) {
		p.add("image", "an image must not be empty, nor start or end with white space", "Set an image or remove it")
	}
	if k.Image != nil && *k.Image != "" && strings.TrimSpace(*k.Image) == *k.Image && !imageReference.MatchString(*k.Image) {
		p.add("image", fmt.Sprintf("%q is not an image reference", *k.Image), imageRemedy(*k.Image))
	}
	if k.ImagePullPolicy != nil && !slices.Contains(pullPolicies, *k.ImagePullPolicy) {
		p.add("image_pull_policy", fmt.Sprintf("%q is not an image pull policy", *k.ImagePullPolicy), "Use one of "+strings.Join(pullPolicies, ", "))
	}
	if k.ServiceAccountName != nil && *k.ServiceAccountName != "" {
		if why := validation.IsDNS1123Subdomain(*k.ServiceAccountName); why != nil {
			p.add("service_account_name", fmt.Sprintf("%q is not the name of a service account", *k.ServiceAccountName), firstSentence(why))
		}
	}
	for i, s := range k.ImagePullSecrets {
		if why := validation.IsDNS1123Subdomain(s); why != nil {
			p.add(fmt.Sprintf("image_pull_secrets[%d]", i), fmt.Sprintf("%q is not the name of a secret", s), firstSentence(why))
		}
	}
	for _, name := range sorted(keysOf(k.Env)) {
		if why := validation.IsRelaxedEnvVarName(name); why != nil {
			p.add("env", fmt.Sprintf("%q is not the name of an environment variable", name), firstSentence(why))
		}
	}
	for i, l := range k.Labels {
		if l == "" {
			p.add(fmt.Sprintf("labels[%d]", i), "a label must not be empty", "Remove it")
		}
	}
	return p.err()
}

// imageReference is the grammar of image references that kubelets accept: host, path in lower case, tag and digest.
var imageReference = regexp.MustCompile(`^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?` +
	`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*` +
	`(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`)

func imageRemedy(image string) string {
	const example = ", such as registry.example.com/flows/etl:1.2"
	switch _, rest, scheme := strings.Cut(image, "://"); {
	case scheme && imageReference.MatchString(rest):
		return fmt.Sprintf("Remove the scheme: %s", rest)
	case strings.ContainsFunc(image, unicode.IsSpace):
		return "Remove the white space" + example
	case imageReference.MatchString(strings.ToLower(image)):
		return "Write the path in lower case" + example
	default:
		return "Use host, path and tag" + example
	}
}

// firstSentence converts Kubernetes' own explanation to a remedy.
func firstSentence(why []string) string {
	s := strings.TrimSpace(why[0])
	return strings.ToUpper(s[:1]) + s[1:]
}

func (k KubernetesRun) validateResources(p *problems) {
	quantity := func(key string, v *string) *resource.Quantity {
		if v == nil || *v == "" {
			return nil // the agent skips empty quantities
		}
		q, err := resource.ParseQuantity(*v)
		if err != nil {
			p.add(key, fmt.Sprintf("%q is not a quantity", *v), "Use a number with an optional unit, such as 500m, 1.5, 512Mi or 2Gi")
			return nil
		}
		if q.Sign() < 0 {
			p.add(key, fmt.Sprintf("%s is negative", *v), "Use zero or more")
			return nil
		}
		return &q
	}
	pair := func(what string, request, limit *string) {
		r, l := quantity(what+"_request", request), quantity(what+"_limit", limit)
		if r != nil && l != nil && r.Cmp(*l) > 0 {
			p.add(what+"_request", fmt.Sprintf("%s exceeds %s_limit, %s", *request, what, *limit), "Lower the request or raise the limit")
		}
	}
	pair("cpu", k.CPURequest, k.CPULimit)
	pair("memory", k.MemoryRequest, k.MemoryLimit)
}

func (k KubernetesRun) validateTemplate(p *problems) {
	if k.JobTemplatePath != nil {
		k.validateTemplatePath(p)
	}
	if len(k.JobTemplate) == 0 {
		return // the agent uses its own template
	}
	const path = "job_template."
	if v, ok := k.JobTemplate["apiVersion"]; ok && v != "batch/v1" {
		p.add(path+"apiVersion", fmt.Sprintf("a job template must have the API version batch/v1, not %s", describe(v)), "Use batch/v1")
	}
	if v, ok := k.JobTemplate["kind"]; ok && v != "Job" {
		p.add(path+"kind", fmt.Sprintf("a job template must be a Job, not %s", describe(v)), "Use the kind Job")
	}
	data, err := Canonical(k.JobTemplate)
	if err != nil {
		p.add("job_template", "the template is not JSON: "+err.Error(), "Use plain values")
		return
	}
	var job batchv1.Job
	found := len(p.list)
	for _, name := range sorted(keysOf(k.JobTemplate)) {
		if member := memberType(reflect.TypeOf(job), name); member != nil {
			checkTypes(p, path+name, k.JobTemplate[name], member)
		}
	}
	k.checkNulls(p, path)
	if len(p.list) > found {
		return
	}
	strict, err := kjson.UnmarshalStrict(data, &job)
	if err != nil {
		where, problem := decodeProblem(err)
		p.add(strings.TrimSuffix(path+where, "."), problem, "Write it as in a Job manifest")
		return
	}
	for _, s := range strict {
		p.add("job_template", strings.TrimPrefix(s.Error(), "strict decoding error: "), "Remove or correct the field; Kubernetes would ignore it")
	}
	validateJob(p, path, k.JobTemplate, &job)
}

func (k KubernetesRun) validateTemplatePath(p *problems) {
	if k.JobTemplate != nil {
		p.add("job_template_path", "job_template and job_template_path cannot be combined", "Keep one of them")
	}
	u, err := url.Parse(*k.JobTemplatePath)
	if err != nil || !slices.Contains(templateSchemes, u.Scheme) {
		p.add("job_template_path", fmt.Sprintf("the agent cannot read a template from %q", *k.JobTemplatePath),
			"Put the contents of a local file into job_template, or use one of the schemes "+strings.Join(templateSchemes, ", "))
	}
}

// decodeProblem explains a JSON decoding error in terms of the template.
func decodeProblem(err error) (path, problem string) {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return wrongType.Field, "a " + wrongType.Value + " cannot be used here"
	}
	return "", "the template is not a Job: " + err.Error()
}

// validateJob checks what Kubernetes requires of the Job that the agent creates from the template, except for
// what the agent sets itself.
func validateJob(p *problems, path string, template map[string]any, job *batchv1.Job) {
	if !hasPath(template, "spec", "template", "spec") {
		p.add(path+"spec.template.spec", "the template has no pod specification, so the agent could not use it", "Add spec.template.spec")
		return
	}
	pod := job.Spec.Template.Spec
	switch pod.RestartPolicy {
	case "", corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure:
	default:
		p.add(path+"spec.template.spec.restartPolicy", fmt.Sprintf("a Job cannot have the restart policy %q", pod.RestartPolicy), "Use Never or OnFailure")
	}
	const containers = "spec.template.spec.containers"
	if len(pod.Containers) == 0 {
		p.add(path+containers, "the template has no container, and the agent would add one without a name", "Add a container with a name")
	}
	seen := map[string]bool{}
	for i, c := range pod.Containers {
		at := fmt.Sprintf("%s%s[%d]", path, containers, i)
		if why := validation.IsDNS1123Label(c.Name); why != nil {
			p.add(at+".name", fmt.Sprintf("%q is not the name of a container", c.Name), firstSentence(why))
		} else if seen[c.Name] {
			p.add(at+".name", fmt.Sprintf("there is another container named %q", c.Name), "Give the containers distinct names")
		}
		seen[c.Name] = true
		if i > 0 && c.Image == "" {
			p.add(at+".image", fmt.Sprintf("the container %q has no image; the agent sets only the first container's", c.Name), "Add an image")
		}
	}
	// The agent appends "-" and eight characters to the first 48 of the name.
	if name, _ := firstRunes(job.Name, 48); name != "" {
		if why := validation.IsDNS1123Subdomain(name + "-00000000"); why != nil {
			p.add(path+"metadata.name", fmt.Sprintf("%q is not the name of a Job", job.Name), firstSentence(why))
		}
	}
}

func firstRunes(s string, n int) (string, bool) {
	runes := []rune(s)
	if len(runes) <= n {
		return s, false
	}
	return string(runes[:n]), true
}

// hasPath reports whether nested objects exist.
func hasPath(m map[string]any, keys ...string) bool {
	for _, k := range keys {
		inner, ok := m[k].(map[string]any)
		if !ok {
			return false
		}
		m = inner
	}
	return true
}
