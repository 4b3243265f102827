package kubeclient

import (
	"errors"
)

// Kinds of ConfigError, for errors.Is.
var (
	// ErrNoCluster means nothing says which cluster to use.
	ErrNoCluster = errors.New("no cluster configured")
	// ErrKubeconfig means a kubeconfig cannot be used.
	ErrKubeconfig = errors.New("kubeconfig not usable")
	// ErrConfigValue means a value of the configuration is wrong, or does not go with another.
	ErrConfigValue = errors.New("wrong cluster configuration")
)

// ConfigError says what is wrong with a Config. Its text never holds a secret.
type ConfigError struct {
	Kind      error
	Attribute string // of the provider's kubernetes attribute, such as "config_path"; empty for the whole
	Problem   string // a sentence without its full stop, as is Remedy
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
