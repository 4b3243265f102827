package tunnel

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// Target names a port of a Service.
type Target struct {
	Namespace string // "" for the client's
	Service   string
	Port      string // number or name; "" for the Service's only port
}

// backend is a pod behind a Service and its port.
type backend struct {
	pod  string
	uid  types.UID
	port int32
}

// chooseBackend selects a ready pod of the Service. target must have a namespace.
func chooseBackend(ctx context.Context, client *kubeclient.Client, target Target) (backend, error) {
	service, err := client.Interface().CoreV1().Services(target.Namespace).Get(ctx, target.Service, metav1.GetOptions{})
	if err != nil {
		return backend{}, target.failure("", "reading the Service", kubeclient.Classify("get", "services", target.Namespace, target.Service, err))
	}
	if len(service.Spec.Selector) == 0 || service.Spec.Type == corev1.ServiceTypeExternalName {
		return backend{}, target.unfit("the Service selects no pods", "Set `endpoint` to the address behind the Service, instead of `port_forward`")
	}
	port, err := target.portOf(service)
	if err != nil {
		return backend{}, err
	}
	selector := labels.SelectorFromSet(service.Spec.Selector).String()
	pods, err := client.Interface().CoreV1().Pods(target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return backend{}, target.failure("", "listing the Service's pods", kubeclient.Classify("list", "pods", target.Namespace, "", err))
	}
	ready := slices.DeleteFunc(slices.Clone(pods.Items), func(pod corev1.Pod) bool { return !isReady(&pod) })
	if len(ready) == 0 {
		return backend{}, target.noneReady(selector, pods.Items)
	}
	// Use the newest pod: during a rollout it stays, and the older ones are removed.
	slices.SortStableFunc(ready, func(a, b corev1.Pod) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	for i := range ready {
		if number := containerPort(&ready[i], port); number != 0 {
			return backend{pod: ready[i].Name, uid: ready[i].UID, port: number}, nil
		}
	}
	return backend{}, target.unfit(fmt.Sprintf("no container of pod %s has a port named %q, the Service's target port", ready[0].Name, port.TargetPort.StrVal),
		"Correct the targetPort of the Service, or name the port in the pod")
}

// serves reports whether a pod may still be used; true if that cannot be determined.
func (b backend) serves(ctx context.Context, client *kubeclient.Client, namespace string) bool {
	pods, err := client.Interface().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", b.pod).String(),
	})
	if err != nil {
		return true
	}
	return slices.ContainsFunc(pods.Items, func(pod corev1.Pod) bool {
		return pod.Name == b.pod && pod.UID == b.uid && isReady(&pod)
	})
}

func isReady(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning {
		return false
	}
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// portOf returns the selected port of the Service.
func (s Target) portOf(service *corev1.Service) (corev1.ServicePort, error) {
	var known []string
	var found []corev1.ServicePort
	for _, p := range service.Spec.Ports {
		if p.Protocol != "" && p.Protocol != corev1.ProtocolTCP {
			continue
		}
		number := strconv.Itoa(int(p.Port))
		if s.Port == "" || s.Port == number || s.Port == p.Name {
			found = append(found, p)
		}
		known = append(known, strings.TrimSpace(number+" "+p.Name))
	}
	has := "It has " + strings.Join(known, ", ")
	switch {
	case len(known) == 0:
		return corev1.ServicePort{}, s.unfit("the Service has no TCP port", "Correct `service` of the provider's `port_forward`")
	case len(found) == 0:
		return corev1.ServicePort{}, s.unfit(fmt.Sprintf("the Service has no port %s", s.Port), has+". Correct `port` of the provider's `port_forward`")
	case len(found) > 1:
		return corev1.ServicePort{}, s.unfit("the Service has several ports and none was chosen", has+". Set `port` of the provider's `port_forward`")
	}
	return found[0], nil
}

// containerPort returns the pod's port for a Service's port, or 0.
func containerPort(pod *corev1.Pod, port corev1.ServicePort) int32 {
	target := port.TargetPort
	if target.Type == intstr.Int {
		if target.IntVal == 0 {
			return port.Port
		}
		return target.IntVal
	}
	for _, container := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
		for _, p := range container.Ports {
			if p.Name == target.StrVal && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP) {
				return p.ContainerPort
			}
		}
	}
	return 0
}

// unfit returns the error for an unsuitable Service.
func (s Target) unfit(problem, remedy string) error {
	return &Error{Kind: ErrNotForwardable, Namespace: s.Namespace, Service: s.Service, Problem: problem, Remedy: remedy, undelivered: true}
}

// noneReady returns the error for a Service without a ready pod, with the state of its pods.
func (s Target) noneReady(selector string, pods []corev1.Pod) error {
	const shown = 3
	out := &Error{Kind: ErrNoReadyPod, Namespace: s.Namespace, Service: s.Service, undelivered: true}
	if len(pods) == 0 {
		out.Problem = fmt.Sprintf("no pod has the labels that the Service selects (%s)", selector)
		out.Remedy = "Check that the Deployment behind the Service exists and has replicas"
		return out
	}
	var states []string
	for i := range pods[:min(len(pods), shown)] {
		states = append(states, podState(&pods[i]))
	}
	if len(pods) > shown {
		states = append(states, fmt.Sprintf("and %d more", len(pods)-shown))
	}
	out.Problem = "no pod of the Service is ready: " + strings.Join(states, "; ")
	out.Remedy = "Inspect the pods with kubectl describe, or set `ready_timeout` to wait for pods that are still starting"
	return out
}

// podState describes in a few words why a pod is not ready.
func podState(pod *corev1.Pod) string {
	state := "pod " + pod.Name + " is " + string(pod.Status.Phase)
	switch {
	case pod.DeletionTimestamp != nil:
		return "pod " + pod.Name + " is being deleted"
	case pod.Status.Phase == "":
		state = "pod " + pod.Name + " is Pending"
	case pod.Status.Phase == corev1.PodRunning:
		state += " but not ready"
	}
	var reasons []string
	for _, c := range pod.Status.ContainerStatuses {
		switch {
		case c.State.Waiting != nil && c.State.Waiting.Reason != "":
			reasons = append(reasons, fmt.Sprintf("container %s: %s", c.Name, c.State.Waiting.Reason))
		case c.State.Terminated != nil:
			reasons = append(reasons, fmt.Sprintf("container %s: %s, exit code %d", c.Name, c.State.Terminated.Reason, c.State.Terminated.ExitCode))
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			reasons = append(reasons, c.Reason)
		}
	}
	if len(reasons) > 0 {
		state += " (" + strings.Join(reasons, ", ") + ")"
	}
	return state
}
