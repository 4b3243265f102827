package node

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// resolve returns the container's environment as NAME=VALUE. The errors are those that a kubelet writes into
// CreateContainerConfigError.
func (r *run) resolve(ctx context.Context) ([]string, error) {
	s := &sources{worker: r.worker, ctx: ctx, configMaps: map[string]*corev1.ConfigMap{}, secrets: map[string]*corev1.Secret{}}
	variables := map[string]string{}
	var order []string
	set := func(name, value string) {
		if _, known := variables[name]; !known {
			order = append(order, name)
		}
		variables[name] = value
	}
	for _, from := range r.spec.EnvFrom {
		values, err := s.all(from)
		if err != nil {
			return nil, err
		}
		for _, name := range sortedKeys(values) {
			set(from.Prefix+name, values[name])
		}
	}
	for _, variable := range r.spec.Env {
		if variable.ValueFrom == nil {
			set(variable.Name, expand(variable.Value, variables))
			continue
		}
		value, found, err := s.one(r.spec, variable.ValueFrom)
		if err != nil {
			return nil, err
		}
		if found {
			set(variable.Name, value)
		}
	}
	environment := make([]string, 0, len(order))
	for _, name := range order {
		environment = append(environment, name+"="+variables[name])
	}
	return environment, nil
}

// sources reads each config map and secret once per start of a container.
type sources struct {
	*worker
	ctx        context.Context //nolint:containedctx // lives for one call of resolve
	configMaps map[string]*corev1.ConfigMap
	secrets    map[string]*corev1.Secret
}

// all returns every value of a config map or secret.
func (s *sources) all(from corev1.EnvFromSource) (map[string]string, error) {
	values := map[string]string{}
	switch {
	case from.ConfigMapRef != nil:
		found, err := s.configMap(from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
		if found == nil || err != nil {
			return nil, err
		}
		values = found.Data
	case from.SecretRef != nil:
		found, err := s.secret(from.SecretRef.Name, from.SecretRef.Optional)
		if found == nil || err != nil {
			return nil, err
		}
		for key, value := range found.Data {
			values[key] = string(value)
		}
	}
	usable := map[string]string{}
	for key, value := range values {
		if len(validation.IsRelaxedEnvVarName(from.Prefix+key)) == 0 {
			usable[key] = value
		}
	}
	return usable, nil
}

// one returns the value of one reference, and whether it exists.
func (s *sources) one(container *corev1.Container, from *corev1.EnvVarSource) (string, bool, error) {
	switch {
	case from.FieldRef != nil:
		value, err := field(s.current(), from.FieldRef.FieldPath)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		value, err := s.resource(container, from.ResourceFieldRef)
		return value, err == nil, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		found, err := s.configMap(ref.Name, ref.Optional)
		if found == nil || err != nil {
			return "", false, err
		}
		value, ok := found.Data[ref.Key]
		return value, ok, missingKey(ok, ref.Optional, ref.Key, "ConfigMap", s.pod.Namespace, ref.Name)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		found, err := s.secret(ref.Name, ref.Optional)
		if found == nil || err != nil {
			return "", false, err
		}
		value, ok := found.Data[ref.Key]
		return string(value), ok, missingKey(ok, ref.Optional, ref.Key, "Secret", s.pod.Namespace, ref.Name)
	}
	return "", false, nil
}

func missingKey(found bool, optional *bool, key, kind, namespace, name string) error {
	if found || (optional != nil && *optional) {
		return nil
	}
	return fmt.Errorf("couldn't find key %s in %s %s/%s", key, kind, namespace, name)
}

func (s *sources) configMap(name string, optional *bool) (*corev1.ConfigMap, error) {
	if found := s.configMaps[name]; found != nil {
		return found, nil
	}
	found, err := s.node.client.CoreV1().ConfigMaps(s.pod.Namespace).Get(s.ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, missing(err, optional, "configmap", name)
	}
	s.configMaps[name] = found
	return found, nil
}

func (s *sources) secret(name string, optional *bool) (*corev1.Secret, error) {
	if found := s.secrets[name]; found != nil {
		return found, nil
	}
	found, err := s.node.client.CoreV1().Secrets(s.pod.Namespace).Get(s.ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, missing(err, optional, "secret", name)
	}
	s.secrets[name] = found
	return found, nil
}

func missing(err error, optional *bool, kind, name string) error {
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("read %s %q: %w", kind, name, err)
	}
	if optional != nil && *optional {
		return nil
	}
	return fmt.Errorf("%s %q not found", kind, name)
}

// field returns the value of a path of the downward API.
func field(pod *corev1.Pod, path string) (string, error) {
	if name, key, ok := strings.Cut(path, "['"); ok {
		key = strings.TrimSuffix(key, "']")
		switch name {
		case "metadata.labels":
			return pod.Labels[key], nil
		case "metadata.annotations":
			return pod.Annotations[key], nil
		}
	}
	switch path {
	case "metadata.name":
		return pod.Name, nil
	case "metadata.namespace":
		return pod.Namespace, nil
	case "metadata.uid":
		return string(pod.UID), nil
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs":
		return hostIP, nil
	}
	return "", fmt.Errorf("unsupported fieldPath: %v", path)
}

// resource returns a container's request or limit in units of the divisor, rounded up. A limit that is not set is
// what the node has.
func (s *sources) resource(container *corev1.Container, ref *corev1.ResourceFieldSelector) (string, error) {
	if ref.ContainerName != "" {
		for _, list := range [][]corev1.Container{s.pod.Spec.InitContainers, s.pod.Spec.Containers} {
			for i := range list {
				if list[i].Name == ref.ContainerName {
					container = &list[i]
				}
			}
		}
	}
	kind, name, ok := strings.Cut(ref.Resource, ".")
	list := container.Resources.Requests
	if kind == "limits" {
		list = container.Resources.Limits
	} else if kind != "requests" {
		ok = false
	}
	if !ok {
		return "", fmt.Errorf("unsupported container resource : %v", ref.Resource)
	}
	value, set := list[corev1.ResourceName(name)]
	if !set && kind == "limits" {
		value = s.node.capacity()[corev1.ResourceName(name)]
	}
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	if name == string(corev1.ResourceCPU) {
		return strconv.FormatInt(ceil(value.MilliValue(), divisor.MilliValue()), 10), nil
	}
	return strconv.FormatInt(ceil(value.Value(), divisor.Value()), 10), nil
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// expand replaces $(NAME) by the variable's value. References to unknown
// variables stay as they are, and $$ stands for a dollar sign.
func expand(text string, variables map[string]string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		switch text[i+1] {
		case '$':
			out.WriteByte('$')
			i++
		case '(':
			end := strings.IndexByte(text[i:], ')')
			if end < 0 {
				out.WriteString(text[i:])
				return out.String()
			}
			whole := text[i : i+end+1]
			if value, ok := variables[whole[2:len(whole)-1]]; ok {
				whole = value
			}
			out.WriteString(whole)
			i += end
		default:
			out.WriteByte('$')
		}
	}
	return out.String()
}

// complete adds variables that are not set.
func complete(environment []string, defaults map[string]string) []string {
	known := asMap(environment)
	for _, name := range sortedKeys(defaults) {
		if _, ok := known[name]; !ok {
			environment = append(environment, name+"="+defaults[name])
		}
	}
	return environment
}

func asMap(environment []string) map[string]string {
	variables := make(map[string]string, len(environment))
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	return variables
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
