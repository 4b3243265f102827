package jobspec

import (
	"errors"
)

// Kinds of Error, for errors.Is.
var (
	// ErrRunConfig means the agent cannot use the run configuration.
	ErrRunConfig = errors.New("run configuration not usable by the Kubernetes agent")
	// ErrStorage means the agent cannot use the flow's storage.
	ErrStorage = errors.New("storage not usable by the Kubernetes agent")
	// ErrTemplate means the agent cannot use the job template.
	ErrTemplate = errors.New("job template not usable by the Kubernetes agent")
	// ErrTemplateUnavailable means only the agent can read the job template.
	ErrTemplateUnavailable = errors.New("job template not readable from here")
	// ErrCoreVersion means the flow's Prefect version is not a version.
	ErrCoreVersion = errors.New("not a Prefect version")
)

// Error is why no Job can be generated for a run.
type Error struct {
	Kind    error  // one of the Err values above
	Path    string // where, within the run configuration or the job template
	Problem string
	Err     error // the cause, if there is one
}

// Error formats the path and the problem.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

// Unwrap returns kind and cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
