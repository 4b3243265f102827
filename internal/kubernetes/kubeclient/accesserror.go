package kubeclient

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kinds of AccessError, for errors.Is.
var (
	// ErrForbidden means the credentials lack a permission.
	ErrForbidden = errors.New("forbidden by the cluster")
	// ErrUnauthorized means the cluster does not accept the credentials.
	ErrUnauthorized = errors.New("credentials not accepted by the cluster")
	// ErrNotFound means the object does not exist.
	ErrNotFound = errors.New("not found in the cluster")
	// ErrRejected means the cluster's validation, admission or quota refused an object.
	ErrRejected = errors.New("refused by the cluster")
	// ErrNoDryRun means that an admission webhook has side effects. The API server then refuses every dry run
	// that the webhook would see.
	ErrNoDryRun = errors.New("dry run not supported by the cluster")
	// ErrUnreachable means the cluster could not be reached.
	ErrUnreachable = errors.New("cluster not reachable")
)

// AccessError is a request to a cluster that failed.
type AccessError struct {
	Kind      error  // one of the Err values above, or a context's error
	Verb      string // as in a Role: list, watch, create ...
	Resource  string // as in a Role: jobs, pods, events
	Group     string // as in a Role: batch, or empty
	Namespace string
	Name      string // of the object; empty for a list
	Err       error
}

// Error names the request and, for a missing permission, what to grant.
func (e *AccessError) Error() string {
	object := e.Resource
	if e.Name != "" {
		object += " " + e.Name
	}
	where := fmt.Sprintf("%s %s in namespace %s", e.Verb, object, e.Namespace)
	if errors.Is(e.Kind, ErrForbidden) {
		return fmt.Sprintf("the credentials may not %s: grant the verb %q on the resource %q of API group %q (%v)",
			where, e.Verb, e.Resource, e.Group, e.Err)
	}
	return fmt.Sprintf("%s: %v", where, e.Err)
}

// Unwrap returns kind and cause.
func (e *AccessError) Unwrap() []error { return []error{e.Kind, e.Err} }

// GroupOf returns the API group of a resource that the provider uses.
func GroupOf(resource string) string {
	if resource == "jobs" {
		return "batch"
	}
	return ""
}

// MissingRight extracts the verb, resource and API group from the API server's message about a missing
// permission; nil if it is another message.
func MissingRight(message string) []string { return refusal.FindStringSubmatch(message) }

// refusal matches the API server's message about a missing permission.
var refusal = regexp.MustCompile(`cannot (\w+) resource "([^"]+)" in API group "([^"]*)"`)

// clientError reports whether the API server blames the request. For a webhook that refuses without a reason,
// the status code is the only sign.
func clientError(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code >= 400 && status.Status().Code < 500
}

// Malformed reports whether the API server's own validation refused an object, and not a webhook or policy of
// the cluster. These may answer with the same status, but name no field of the object, or say who denied it.
func Malformed(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	return !strings.HasPrefix(status.Status().Message, "admission webhook ") &&
		slices.ContainsFunc(status.Status().Details.Causes, func(c metav1.StatusCause) bool { return c.Field != "" })
}

// DeadlinePassed reports whether a context's deadline ended a request. errors.Is would match every network
// timeout too, including a failed connection to a missing cluster.
func DeadlinePassed(err error) bool {
	switch wrapper := err.(type) { //nolint:errorlint // each error in the tree is examined separately
	case nil:
		return false
	case interface{ Unwrap() error }:
		return DeadlinePassed(wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), DeadlinePassed)
	default:
		return err == context.DeadlineExceeded //nolint:errorlint // as above
	}
}

// Classify converts the error of a request to an *AccessError; nil stays nil.
func Classify(verb, resource, namespace, name string, err error) error {
	if err == nil {
		return nil
	}
	var signIn *ConfigError
	e := &AccessError{Verb: verb, Resource: resource, Group: GroupOf(resource), Namespace: namespace, Name: name, Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		e.Kind = context.Canceled
	case DeadlinePassed(err):
		e.Kind = context.DeadlineExceeded
	case errors.As(err, &signIn):
		e.Kind, e.Err = ErrUnauthorized, signIn // client-go's wrapper only repeats the URL
	case apierrors.IsUnauthorized(err):
		e.Kind = ErrUnauthorized
	case apierrors.IsForbidden(err):
		e.Kind = ErrForbidden
		m := refusal.FindStringSubmatch(err.Error())
		switch {
		case m != nil:
			e.Verb, e.Resource, e.Group = m[1], m[2], m[3]
		case verb == "create" || verb == "update" || verb == "patch":
			e.Kind = ErrRejected // admission and quota also answer 403
		}
	case apierrors.IsNotFound(err):
		e.Kind = ErrNotFound
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsTooManyRequests(err),
		apierrors.IsServiceUnavailable(err), apierrors.IsInternalError(err), apierrors.IsUnexpectedServerError(err):
		e.Kind = ErrUnreachable
	case apierrors.IsBadRequest(err) && strings.Contains(err.Error(), "does not support dry run"):
		e.Kind = ErrNoDryRun
	case apierrors.ReasonForError(err) != metav1.StatusReasonUnknown, clientError(err):
		e.Kind = ErrRejected
	default:
		e.Kind = ErrUnreachable
	}
	return e
}
