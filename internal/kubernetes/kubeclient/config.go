package kubeclient

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
)

// Config is how to reach a cluster, in the terms of the kubernetes and helm providers. Explicit values take
// precedence over a kubeconfig, and that over the service account of the pod the process may run in.
type Config struct {
	Host                 string // URL of the API server; https if it has no scheme
	Token                string
	Username, Password   string // basic authentication, for a proxy in front of an API server
	ClusterCACertificate string // PEM, as are the next two
	ClientCertificate    string
	ClientKey            string

	ConfigPath            string // kubeconfig file; excludes ConfigPaths
	ConfigPaths           []string
	ConfigContext         string
	ConfigContextAuthInfo string // user of the kubeconfig instead of the context's
	ConfigContextCluster  string // cluster of the kubeconfig instead of the context's

	Exec          *ExecConfig
	Azure         *entra.Config // tokens of Microsoft Entra ID, in place of any other credentials
	ProxyURL      string
	TLSServerName string
	Insecure      bool     // do not verify the API server's certificate
	Namespace     string   // of Jobs; else the context's, the pod's, "default"
	Namespaces    []string // more namespaces with Jobs; if Namespace is not set, the first one replaces it
	UserAgent     string

	// Environment looks up KUBE_CONFIG_PATH, KUBE_CONFIG_PATHS and KUBECONFIG if nothing explicit names a
	// cluster; nil means the process's environment.
	Environment func(string) string

	ServiceAccount string // directory of the pod's service account; "" for the usual
}

// ExecConfig is a command that prints credentials, as in a kubeconfig.
type ExecConfig struct {
	APIVersion string // client.authentication.k8s.io/v1 unless set
	Command    string
	Args       []string
	Env        map[string]string
}

const (
	clientQPS   = 50
	clientBurst = 100
)

// RESTConfig resolves the configuration and the namespace of Jobs. It reads files but does not contact the
// cluster. Errors are *ConfigError.
func (c Config) RESTConfig() (*rest.Config, string, error) {
	if err := c.check(); err != nil {
		return nil, "", err
	}
	paths, err := c.paths()
	if err != nil {
		return nil, "", err
	}
	if c.Host == "" && len(paths) == 0 {
		if c.Azure != nil {
			return nil, "", &ConfigError{
				Kind: ErrNoCluster, Attribute: "azure",
				Problem: "azure configures the sign-in, but no cluster is configured", Remedy: "Set host and cluster_ca_certificate, or config_path",
			}
		}
		return c.inCluster()
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{Precedence: paths, WarnIfAllMissing: false}, c.overrides())
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, "", &ConfigError{
			Kind: ErrKubeconfig, Attribute: "config_path", Err: err,
			Problem: fmt.Sprintf("the kubeconfig %s cannot be read: %v", strings.Join(paths, ", "), err),
			Remedy:  "Correct the file or name another",
		}
	}
	if err := c.checkNames(&raw, paths); err != nil {
		return nil, "", err
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", &ConfigError{
			Kind: ErrKubeconfig, Attribute: "config_context", Err: err,
			Problem: fmt.Sprintf("the kubeconfig %s has no usable cluster: %v", strings.Join(paths, ", "), err),
			Remedy:  "Set config_context to one of its contexts, or set host and credentials",
		}
	}
	namespace, _, err := loader.Namespace()
	if err != nil || namespace == "" {
		namespace = "default"
	}
	c.finish(config)
	if err := c.signIn(config); err != nil {
		return nil, "", err
	}
	return config, namespace, nil
}

// signIn replaces a kubeconfig's credentials by Entra ID tokens, if those are configured.
func (c Config) signIn(config *rest.Config) error {
	if c.Azure == nil {
		return nil
	}
	tokens, err := entra.NewTokens(*c.Azure, c.Environment)
	if err != nil {
		return atAzure(err)
	}
	host, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return &ConfigError{Kind: ErrConfigValue, Attribute: "host", Err: err, Problem: "it is not the URL of an API server", Remedy: "Correct it"}
	}
	config.ExecProvider, config.AuthProvider = nil, nil
	config.BearerToken, config.BearerTokenFile, config.Username, config.Password = "", "", "", ""
	config.CertData, config.CertFile, config.KeyData, config.KeyFile = nil, "", nil, ""
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &entraTransport{tokens: tokens, host: host.Host, next: next}
	})
	return nil
}

func (c Config) finish(config *rest.Config) {
	config.QPS, config.Burst = clientQPS, clientBurst
	config.UserAgent = c.UserAgent
	config.WarningHandler = rest.NoWarnings{}
	config.Wrap(newPatience().wrap) // innermost, so that it excludes the time of a sign-in
}

func (c Config) env(name string) string {
	if c.Environment != nil {
		return c.Environment(name)
	}
	return os.Getenv(name)
}
