package kubeclient

import (
	"errors"
)

// Kinds of ConfigError, for errors.Is.
var (
	// ErrNoCluster means no cluster is configured.
	ErrNoCluster = errors.New("no cluster configured")
	// ErrKubeconfig means a kubeconfig cannot be used.
	ErrKubeconfig = errors.New("kubeconfig not usable")
	// ErrConfigValue means a value is invalid or conflicts with another.
	ErrConfigValue = errors.New("wrong cluster configuration")
)

// ConfigError is what is wrong with a Config. Its text never contains a secret.
type ConfigError struct {
	Kind      error
	Attribute string // in the provider's kubernetes attribute, such as "config_path"; empty for the whole
	Problem   string // a sentence without its full stop, like Remedy
	Remedy    string
	Err       error
}

// Error formats problem and remedy.
func (e *ConfigError) Error() string {
	s := e.Problem + ". " + e.Remedy + "."
	if e.Attribute != "" {
		s = e.Attribute + ": " + s
	}
	return s
}

// Unwrap returns kind and cause.
func (e *ConfigError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

func wrongValue(attribute, problem, remedy string) error {
	return &ConfigError{Kind: ErrConfigValue, Attribute: attribute, Problem: problem, Remedy: remedy}
}
