package kubeclient

import (
	"cmp"
	"context"
	"slices"

	"k8s.io/client-go/rest"
)

// Client accesses one cluster.
type Client struct {
	set       Interface
	rest      *rest.Config
	command   *credentialCommand // nil if there is none
	namespace string
	others    []string // additional namespaces with Jobs
}

// NewClient resolves the configuration and returns a client, without contacting the cluster.
func NewClient(cfg Config) (*Client, error) {
	config, namespace, err := cfg.RESTConfig()
	if err != nil {
		return nil, err
	}
	where := "config_path"
	if cfg.Exec != nil {
		where = "exec"
	}
	client, err := newClient(config, namespace, where)
	if err != nil {
		return nil, err
	}
	if len(cfg.Namespaces) > 0 {
		client.others = slices.Clone(cfg.Namespaces)
		if cfg.Namespace == "" {
			client.namespace = cfg.Namespaces[0]
		}
	}
	return client, nil
}

// NewClientFromREST returns a client for a resolved configuration. The namespace is "default" unless given.
func NewClientFromREST(config *rest.Config, namespace string) (*Client, error) {
	config = rest.CopyConfig(config)
	config.Wrap(newPatience().wrap)
	return newClient(config, namespace, "")
}

// newClient also takes the attribute that names the credential command, if there is one.
func newClient(config *rest.Config, namespace, where string) (*Client, error) {
	config, command, err := withCommand(config, where)
	if err != nil {
		return nil, err
	}
	set, err := newAPI(config)
	if err != nil {
		return nil, &ConfigError{
			Kind: ErrConfigValue, Err: err,
			Problem: "the cluster configuration cannot be used: " + err.Error(), Remedy: "Correct host, certificates and proxy",
		}
	}
	c := NewClientFromInterface(set, namespace)
	c.rest, c.command = config, command
	return c, nil
}

// NewClientFromInterface returns a client on top of any implementation of the API; see package kubefake.
func NewClientFromInterface(set Interface, namespace string) *Client {
	return &Client{set: set, namespace: cmp.Or(namespace, "default")}
}

// Namespace returns the namespace configured for Jobs.
func (c *Client) Namespace() string { return c.namespace }

// Namespaces returns the namespaces to look for Jobs in, starting with Namespace.
func (c *Client) Namespaces() []string {
	return append([]string{c.namespace}, slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(c.others))), func(n string) bool { return n == c.namespace })...)
}

// NamespacesOr returns only the given namespace, or all of the client's for "".
func (c *Client) NamespacesOr(namespace string) []string {
	if namespace == "" {
		return c.Namespaces()
	}
	return []string{namespace}
}

// Interface returns the API, for requests that this package has no method for.
func (c *Client) Interface() Interface { return c.set }

// RESTConfig returns a copy of the resolved configuration; nil for a client on a fake clientset.
func (c *Client) RESTConfig() *rest.Config {
	if c.rest == nil {
		return nil
	}
	return rest.CopyConfig(c.rest)
}

// Connection returns a configuration with currently valid credentials, for the caller's own connections; nil
// for a client on a fake clientset.
func (c *Client) Connection(ctx context.Context) (*rest.Config, error) {
	if c.command == nil {
		return c.RESTConfig(), nil
	}
	credentials, err := c.command.credentials(ctx)
	if err != nil {
		return nil, err
	}
	return rest.CopyConfig(credentials.config), nil
}

// InNamespace returns the given namespace, or the client's for "".
func (c *Client) InNamespace(namespace string) string { return cmp.Or(namespace, c.namespace) }
