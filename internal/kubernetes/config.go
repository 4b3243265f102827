package kubernetes

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Config says how to reach a cluster, in the terms of the kubernetes and helm providers. Explicit values win over
// a kubeconfig, which wins over the service account of the pod that the process may run in.
type Config struct {
	Host                 string // URL of the API server; https when it has no scheme
	Token                string
	Username, Password   string // basic authentication, for what stands in front of an API server
	ClusterCACertificate string // PEM, as are the next two
	ClientCertificate    string
	ClientKey            string

	ConfigPath            string // kubeconfig file; excludes ConfigPaths
	ConfigPaths           []string
	ConfigContext         string
	ConfigContextAuthInfo string // user of the kubeconfig instead of the context's
	ConfigContextCluster  string // cluster of the kubeconfig instead of the context's

	Exec          *ExecConfig
	Azure         *AzureConfig // tokens of Microsoft Entra ID, in place of any other credentials
	ProxyURL      string
	TLSServerName string
	Insecure      bool   // do not verify the API server's certificate
	Namespace     string // of Jobs; else the context's, the pod's, "default"
	UserAgent     string

	// Environment looks up KUBE_CONFIG_PATH, KUBE_CONFIG_PATHS and KUBECONFIG when nothing explicit names a
	// cluster; nil means the process's environment.
	Environment func(string) string

	serviceAccount string // directory of the pod's service account; "" for the usual
}

// ExecConfig is a command that prints credentials, as in a kubeconfig.
type ExecConfig struct {
	APIVersion string // client.authentication.k8s.io/v1 unless set
	Command    string
	Args       []string
	Env        map[string]string
}

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

const (
	clientQPS   = 50
	clientBurst = 100
)

// RESTConfig resolves the configuration, and the namespace in which Jobs are. It reads files but does not talk to
// the cluster. Errors are *ConfigError.
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
				Problem: "azure says how to sign in, but nothing says which cluster", Remedy: "Set host and cluster_ca_certificate, or config_path",
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
			Problem: fmt.Sprintf("the kubeconfig %s names no usable cluster: %v", strings.Join(paths, ", "), err),
			Remedy:  "Set config_context to one of its contexts, or set host and credentials",
		}
	}
	namespace, _, err := loader.Namespace()
	if err != nil || namespace == "" {
		namespace = "default"
	}
	if err := c.signIn(config); err != nil {
		return nil, "", err
	}
	c.finish(config)
	return config, namespace, nil
}

// signIn replaces the credentials that a kubeconfig may hold by tokens of Entra ID, if those are configured.
func (c Config) signIn(config *rest.Config) error {
	if c.Azure == nil {
		return nil
	}
	tokens, err := newAzureTokens(*c.Azure, c.Environment)
	if err != nil {
		return err
	}
	host, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return &ConfigError{Kind: ErrConfigValue, Attribute: "host", Err: err, Problem: "it is not the URL of an API server", Remedy: "Correct it"}
	}
	config.ExecProvider, config.AuthProvider = nil, nil
	config.BearerToken, config.BearerTokenFile, config.Username, config.Password = "", "", "", ""
	config.CertData, config.CertFile, config.KeyData, config.KeyFile = nil, "", nil, ""
	config.Wrap(tokens.wrap(host.Host))
	return nil
}

func (c Config) finish(config *rest.Config) {
	config.QPS, config.Burst = clientQPS, clientBurst
	config.UserAgent = c.UserAgent
	config.WarningHandler = rest.NoWarnings{}
}

// inCluster uses the pod's service account; explicit values that remain apply to it, too.
func (c Config) inCluster() (*rest.Config, string, error) {
	config, err := c.podConfig()
	if err != nil {
		return nil, "", &ConfigError{
			Kind: ErrNoCluster, Err: err,
			Problem: "no Kubernetes cluster is configured, and this is not a pod of one",
			Remedy:  "Set config_path or host, or the environment variable KUBE_CONFIG_PATH; ~/.kube/config is used only if one of them names it",
		}
	}
	if c.Token != "" {
		config.BearerToken, config.BearerTokenFile = c.Token, ""
	}
	if c.ClusterCACertificate != "" {
		config.CAData, config.CAFile = []byte(c.ClusterCACertificate), ""
	}
	if c.Insecure {
		config.Insecure, config.CAData, config.CAFile = true, nil, ""
	}
	if c.TLSServerName != "" {
		config.ServerName = c.TLSServerName
	}
	namespace := c.Namespace
	if namespace == "" {
		namespace = c.podNamespace()
	}
	c.finish(config)
	return config, namespace, nil
}

// podConfig is what a pod finds about its own cluster. The token is read again and again, since it is replaced.
func (c Config) podConfig() (*rest.Config, error) {
	host, port := c.env("KUBERNETES_SERVICE_HOST"), c.env("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return nil, rest.ErrNotInCluster
	}
	token, err := os.ReadFile(filepath.Join(c.podDirectory(), "token"))
	if err != nil {
		return nil, fmt.Errorf("read the pod's token: %w", err)
	}
	ca, err := os.ReadFile(filepath.Join(c.podDirectory(), "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("read the pod's certificate authority: %w", err)
	}
	return &rest.Config{
		Host: "https://" + net.JoinHostPort(host, port), TLSClientConfig: rest.TLSClientConfig{CAData: ca},
		BearerToken: string(token), BearerTokenFile: filepath.Join(c.podDirectory(), "token"),
	}, nil
}

func (c Config) podDirectory() string {
	return fallback(c.serviceAccount, "/var/run/secrets/kubernetes.io/serviceaccount")
}

func (c Config) podNamespace() string {
	data, err := os.ReadFile(filepath.Join(c.podDirectory(), "namespace"))
	if name := strings.TrimSpace(string(data)); err == nil && name != "" {
		return name
	}
	return "default"
}

func (c Config) env(name string) string {
	if c.Environment != nil {
		return c.Environment(name)
	}
	return os.Getenv(name)
}

// paths lists the kubeconfig files. Those that the configuration or a variable of the providers names must all exist; of
// KUBECONFIG, which is kubectl's, only one must, as there. ~/.kube/config is not among them unless it is named: the cluster
// that it leads to is what somebody has worked with last, and not a choice for a configuration.
func (c Config) paths() ([]string, error) {
	explicit := c.ConfigPaths
	if c.ConfigPath != "" {
		explicit = []string{c.ConfigPath}
	}
	if len(explicit) > 0 {
		return checkedPaths("config_path", explicit)
	}
	if c.Host != "" {
		return nil, nil
	}
	for _, name := range []string{"KUBE_CONFIG_PATH", "KUBE_CONFIG_PATHS", "KUBECONFIG"} {
		listed := slices.DeleteFunc(filepath.SplitList(c.env(name)), func(p string) bool { return p == "" })
		if len(listed) == 0 {
			continue
		}
		if name == "KUBECONFIG" {
			listed = withoutMissing(listed)
		}
		return checkedPaths("environment variable "+name, listed)
	}
	return nil, nil
}

// withoutMissing leaves out the files that do not exist, unless none does.
func withoutMissing(paths []string) []string {
	var there []string
	for _, p := range paths {
		full, err := expanded(p)
		if err == nil {
			_, err = os.Stat(full)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			there = append(there, p)
		}
	}
	if len(there) == 0 {
		return paths
	}
	return there
}

// expanded replaces a leading ~/ by the home directory.
func expanded(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the home directory: %w", err)
	}
	return filepath.Join(home, rest), nil
}

func checkedPaths(attribute string, paths []string) ([]string, error) {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		full, err := expanded(p)
		if err != nil {
			return nil, &ConfigError{
				Kind: ErrKubeconfig, Attribute: attribute, Err: err,
				Problem: fmt.Sprintf("%s cannot be resolved: %v", p, err), Remedy: "Use an absolute path",
			}
		}
		f, err := os.Open(full)
		if err != nil {
			return nil, &ConfigError{
				Kind: ErrKubeconfig, Attribute: attribute, Err: err,
				Problem: fmt.Sprintf("the kubeconfig %s cannot be opened: %v", p, errors.Unwrap(err)),
				Remedy:  "Name an existing kubeconfig file, or set host and credentials",
			}
		}
		_ = f.Close()
		out = append(out, full)
	}
	return out, nil
}

// overrides are the explicit values in clientcmd's terms.
func (c Config) overrides() *clientcmd.ConfigOverrides {
	o := &clientcmd.ConfigOverrides{CurrentContext: c.ConfigContext}
	o.Context.AuthInfo, o.Context.Cluster, o.Context.Namespace = c.ConfigContextAuthInfo, c.ConfigContextCluster, c.Namespace
	o.ClusterInfo.Server = c.host()
	o.ClusterInfo.InsecureSkipTLSVerify = c.Insecure
	o.ClusterInfo.CertificateAuthorityData = []byte(c.ClusterCACertificate)
	o.ClusterInfo.TLSServerName = c.TLSServerName
	o.ClusterInfo.ProxyURL = c.ProxyURL
	o.AuthInfo.Token = c.Token
	o.AuthInfo.Username, o.AuthInfo.Password = c.Username, c.Password
	o.AuthInfo.ClientCertificateData = []byte(c.ClientCertificate)
	o.AuthInfo.ClientKeyData = []byte(c.ClientKey)
	if c.Exec != nil {
		e := &clientcmdapi.ExecConfig{
			APIVersion: fallback(c.Exec.APIVersion, "client.authentication.k8s.io/v1"),
			Command:    c.Exec.Command, Args: c.Exec.Args,
			// Terraform owns the terminal.
			InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
			InstallHint:     "Install the command of the kubernetes.exec attribute, or use another kind of credentials.",
		}
		for name, value := range c.Exec.Env {
			e.Env = append(e.Env, clientcmdapi.ExecEnvVar{Name: name, Value: value})
		}
		slices.SortFunc(e.Env, func(a, b clientcmdapi.ExecEnvVar) int { return strings.Compare(a.Name, b.Name) })
		o.AuthInfo.Exec = e
	}
	return o
}

func (c Config) host() string {
	if c.Host == "" || strings.Contains(c.Host, "://") {
		return c.Host
	}
	return "https://" + c.Host
}

// check looks at the explicit values alone, and at whether the command of exec is there.
func (c Config) check() error {
	if c.ConfigPath != "" && len(c.ConfigPaths) > 0 {
		return wrongValue("config_paths", "config_path and config_paths exclude each other", "Keep one of them")
	}
	if (c.ClientCertificate == "") != (c.ClientKey == "") {
		return wrongValue("client_certificate", "client_certificate and client_key belong together", "Set both or neither")
	}
	if err := c.checkAzure(); err != nil {
		return err
	}
	if err := c.CheckValues(); err != nil {
		return err
	}
	return c.checkExec()
}

func wrongValue(attribute, problem, remedy string) error {
	return &ConfigError{Kind: ErrConfigValue, Attribute: attribute, Problem: problem, Remedy: remedy}
}

// CheckValues checks what of the explicit values can be judged without files and environment, where some of them may
// not be known yet. The error is a *ConfigError.
func (c Config) CheckValues() error {
	if u, err := url.Parse(c.host()); c.Host != "" && (err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http")) {
		return wrongValue("host", fmt.Sprintf("%q is not the URL of an API server", c.Host), "Use a URL such as https://cluster.example:6443")
	}
	if u, err := url.Parse(c.ProxyURL); c.ProxyURL != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme)) {
		return wrongValue("proxy_url", "it is not the URL of a proxy", "Use a URL with the scheme http, https or socks5")
	}
	if c.Insecure && c.ClusterCACertificate != "" {
		return wrongValue("insecure", "insecure and cluster_ca_certificate exclude each other", "Keep one of them")
	}
	if c.Token != "" && c.Exec != nil {
		return wrongValue("exec", "token and exec exclude each other", "Keep one of them")
	}
	if c.Token != "" && c.Username != "" {
		return wrongValue("username", "token and username exclude each other", "Keep one of them")
	}
	return c.checkCertificates()
}

// checkAzure refuses other credentials beside azure.
func (c Config) checkAzure() error {
	if c.Azure == nil {
		return nil
	}
	for attribute, set := range map[string]bool{
		"token": c.Token != "", "exec": c.Exec != nil, "username": c.Username != "", "client_certificate": c.ClientCertificate != "",
	} {
		if set {
			return wrongValue("azure", "azure and "+attribute+" exclude each other: both are credentials", "Keep one of them")
		}
	}
	return nil
}

func (c Config) checkCertificates() error {
	if err := checkPEM("cluster_ca_certificate", c.ClusterCACertificate, "CERTIFICATE", "certificate"); err != nil {
		return err
	}
	if err := checkPEM("client_certificate", c.ClientCertificate, "CERTIFICATE", "certificate"); err != nil {
		return err
	}
	if err := checkPEM("client_key", c.ClientKey, "PRIVATE KEY", "private key"); err != nil {
		return err
	}
	if c.ClientCertificate == "" || c.ClientKey == "" {
		return nil
	}
	if _, err := tls.X509KeyPair([]byte(c.ClientCertificate), []byte(c.ClientKey)); err != nil {
		return wrongValue("client_key", "client_certificate and client_key are not a pair: "+err.Error(), "Use the certificate and its own private key")
	}
	return nil
}

// checkPEM checks that a value that is given holds a block of a type, or, if it is a certificate, a good one.
func checkPEM(attribute, value, kind, what string) error {
	if value == "" {
		return nil
	}
	problem := "it is not a " + what + " in PEM form"
	remedy := "Use the " + what + " itself, beginning with -----BEGIN " + kind + "-----"
	rest := []byte(value)
	for {
		block, more := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = more
		if !strings.HasSuffix(block.Type, kind) {
			continue
		}
		if kind != "CERTIFICATE" {
			return nil
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			problem = "its certificate cannot be read: " + err.Error()
			break
		}
		return nil
	}
	if !strings.Contains(value, "-----BEGIN ") {
		remedy += "; decode it first if it is in base64, and use file() if it is the path of a file"
	}
	return wrongValue(attribute, problem, remedy)
}

func (c Config) checkExec() error {
	if c.Exec == nil {
		return nil
	}
	if _, err := exec.LookPath(c.Exec.Command); err != nil {
		return &ConfigError{
			Kind: ErrConfigValue, Attribute: "exec.command", Err: err,
			Problem: fmt.Sprintf("the command %q cannot be run: %v", c.Exec.Command, errors.Unwrap(err)),
			Remedy:  "Install it or correct its path",
		}
	}
	return nil
}

// checkNames explains a context, user or cluster that the kubeconfig does not have, naming those it has.
func (c Config) checkNames(raw *clientcmdapi.Config, paths []string) error {
	for _, n := range []struct {
		attribute, what, name string
		known                 []string
	}{
		{"config_context", "context", c.ConfigContext, names(raw.Contexts)},
		{"config_context_auth_info", "user", c.ConfigContextAuthInfo, names(raw.AuthInfos)},
		{"config_context_cluster", "cluster", c.ConfigContextCluster, names(raw.Clusters)},
	} {
		if n.name == "" || slices.Contains(n.known, n.name) {
			continue
		}
		remedy := "Use one of its own: " + strings.Join(n.known, ", ")
		if len(n.known) == 0 {
			remedy = "Name a kubeconfig that has one"
		}
		return &ConfigError{
			Kind: ErrKubeconfig, Attribute: n.attribute, Remedy: remedy,
			Problem: fmt.Sprintf("the kubeconfig %s has no %s %q", strings.Join(paths, ", "), n.what, n.name),
		}
	}
	return nil
}

func names[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
