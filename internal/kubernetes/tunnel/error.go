package tunnel

import (
	"errors"
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// Kinds of Error, in addition to kubeclient.ErrNotFound, kubeclient.ErrForbidden, kubeclient.ErrUnauthorized
// and kubeclient.ErrUnreachable.
var (
	// ErrNotForwardable means the Service has no pods of its own, or not this port.
	ErrNotForwardable = errors.New("service cannot be forwarded to")
	// ErrNoReadyPod means that none of the Service's pods is ready.
	ErrNoReadyPod = errors.New("no ready pod")
	// ErrPodRefused means that nothing in the pod accepts connections at the port.
	ErrPodRefused = errors.New("refused by the pod")
)

// Error is why a Service cannot be reached through the cluster's API.
type Error struct {
	Kind               error // one of the kinds above, or a context's error
	Namespace, Service string
	Pod                string // the chosen pod, if any
	Problem, Remedy    string // sentences without their full stops
	Err                error
	undelivered        bool
}

// Error names the Service, the cause and the remedy.
func (e *Error) Error() string {
	object := fmt.Sprintf("port-forward to Service %s in namespace %s", e.Service, e.Namespace)
	if e.Pod != "" {
		object += fmt.Sprintf(" (pod %s)", e.Pod)
	}
	text := object + ": " + e.Problem
	if e.Remedy != "" {
		text += ". " + e.Remedy
	}
	return text
}

// Unwrap returns kind and cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Permanent reports whether an early retry would fail in the same way.
func (e *Error) Permanent() bool {
	return errors.Is(e.Kind, kubeclient.ErrForbidden) || errors.Is(e.Kind, kubeclient.ErrUnauthorized) || errors.Is(e.Kind, ErrNotForwardable)
}

// Undelivered reports whether none of what was written can have reached the pod.
func (e *Error) Undelivered() bool { return e.undelivered }

// failure converts the error of a request for a Service to a *Error. A *kubeclient.ConfigError is unchanged.
func (s Target) failure(pod, doing string, err error) error {
	var config *kubeclient.ConfigError
	if errors.As(err, &config) {
		return config
	}
	out := &Error{
		Kind: kubeclient.ErrUnreachable, Namespace: s.Namespace, Service: s.Service, Pod: pod, Err: err, undelivered: true,
		Problem: doing + " failed: " + err.Error(), Remedy: "Check that the cluster's API can be reached from here",
	}
	var access *kubeclient.AccessError
	if !errors.As(err, &access) {
		return out
	}
	out.Kind = access.Kind
	switch {
	case errors.Is(access.Kind, kubeclient.ErrForbidden):
		out.Problem = fmt.Sprintf("the credentials may not %s %s there (%v)", access.Verb, access.Resource, access.Err)
		out.Remedy = fmt.Sprintf("Grant the verb %q on the resource %q of API group %q in namespace %s to the user or service account that the provider's `kubernetes` names",
			access.Verb, access.Resource, access.Group, s.Namespace)
	case errors.Is(access.Kind, kubeclient.ErrUnauthorized):
		out.Problem = "the cluster does not accept the credentials (" + access.Err.Error() + ")"
		out.Remedy = "Correct or renew the credentials in the provider's `kubernetes`"
	case errors.Is(access.Kind, kubeclient.ErrNotFound) && access.Resource == "services":
		out.Problem = "there is no such Service"
		out.Remedy = "Correct `service` and `namespace` of the provider's `port_forward`. The chart of Prefect Server names the Service of its API <release>-apollo"
	case errors.Is(access.Kind, kubeclient.ErrNotFound):
		out.Problem = "the pod is gone"
		out.Remedy = "Try again: another pod is chosen"
	}
	return out
}
