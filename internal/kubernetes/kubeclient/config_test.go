package kubeclient

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: a, cluster: {server: "https://a.example:6443", insecure-skip-tls-verify: true}}
- {name: b, cluster: {server: "https://b.example"}}
users:
- {name: ann, user: {token: ann-token}}
- {name: bob, user: {token: bob-token}}
contexts:
- {name: one, context: {cluster: a, user: ann, namespace: first}}
- {name: two, context: {cluster: b, user: bob}}
`

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyPair makes a self-signed certificate and its key in PEM form.
func keyPair(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}))
}

func noEnvironment(string) string { return "" }

// oneVariable is an environment of one variable.
func oneVariable(name, value string) func(string) string {
	return func(n string) string { return map[string]string{name: value}[n] }
}

func TestRESTConfig(t *testing.T) {
	t.Parallel()
	path := write(t, kubeconfig)
	second := write(t, "apiVersion: v1\nkind: Config\ncontexts:\n- {name: three, context: {cluster: b, user: ann, namespace: third}}\n")
	certificate, key := keyPair(t)
	for name, c := range map[string]struct {
		config                 Config
		host, token, namespace string
	}{
		"current context":  {Config{ConfigPath: path}, "https://a.example:6443", "ann-token", "first"},
		"other context":    {Config{ConfigPath: path, ConfigContext: "two"}, "https://b.example", "bob-token", "default"},
		"own namespace":    {Config{ConfigPath: path, Namespace: "mine"}, "https://a.example:6443", "ann-token", "mine"},
		"other user":       {Config{ConfigPath: path, ConfigContextAuthInfo: "bob"}, "https://a.example:6443", "bob-token", "first"},
		"other cluster":    {Config{ConfigPath: path, ConfigContextCluster: "b"}, "https://b.example", "ann-token", "first"},
		"explicit wins":    {Config{ConfigPath: path, Host: "https://c.example", Token: "t"}, "https://c.example", "t", "first"},
		"merged files":     {Config{ConfigPaths: []string{path, second}, ConfigContext: "three"}, "https://b.example", "ann-token", "third"},
		"from environment": {Config{Environment: func(n string) string { return map[string]string{"KUBECONFIG": path}[n] }}, "https://a.example:6443", "ann-token", "first"},
		"some missing":     {Config{Environment: oneVariable("KUBECONFIG", string(filepath.ListSeparator)+"/no/such/file"+string(filepath.ListSeparator)+path)}, "https://a.example:6443", "ann-token", "first"},
		"empty elements":   {Config{Environment: oneVariable("KUBE_CONFIG_PATHS", path+string(filepath.ListSeparator))}, "https://a.example:6443", "ann-token", "first"},
		"host alone":       {Config{Host: "c.example:6443", Token: "t", Environment: func(string) string { return path }}, "https://c.example:6443", "t", "default"},
		"host and certificate": {
			Config{Host: "https://c.example", ClusterCACertificate: certificate, ClientCertificate: certificate, ClientKey: key, Namespace: "mine"},
			"https://c.example", "", "mine",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.config.Environment == nil {
				c.config.Environment = noEnvironment
			}
			got, namespace, err := c.config.RESTConfig()
			if err != nil {
				t.Fatal(err)
			}
			if got.Host != c.host || got.BearerToken != c.token || namespace != c.namespace {
				t.Errorf("host %q, token %q, namespace %q", got.Host, got.BearerToken, namespace)
			}
			if string(got.CAData) != c.config.ClusterCACertificate || string(got.CertData) != c.config.ClientCertificate || string(got.KeyData) != c.config.ClientKey {
				t.Error("certificates differ")
			}
			if client, err := NewClient(c.config); err != nil || client.Namespace() != namespace {
				t.Errorf("client: %v", err)
			}
		})
	}
}

func TestRESTConfigOptions(t *testing.T) {
	t.Parallel()
	got, _, err := Config{
		Host: "https://c.example", Insecure: true, ProxyURL: "http://proxy.example:3128", TLSServerName: "other.example", UserAgent: "tester",
		Exec: &ExecConfig{Command: os.Args[0], Args: []string{"x"}, Env: map[string]string{"B": "2", "A": "1"}}, Environment: noEnvironment,
	}.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	exec := got.ExecProvider
	if !got.Insecure || got.ServerName != "other.example" || got.UserAgent != "tester" || got.Proxy == nil || exec == nil ||
		exec.APIVersion != "client.authentication.k8s.io/v1" || len(exec.Env) != 2 || exec.Env[0].Name != "A" {
		t.Errorf("config %+v, exec %+v", got, exec)
	}
}

func TestRESTConfigErrors(t *testing.T) {
	t.Parallel()
	path, broken, empty := write(t, kubeconfig), write(t, "{"), write(t, "apiVersion: v1\nkind: Config\n")
	certificate, _ := keyPair(t)
	_, otherKey := keyPair(t)
	for name, c := range map[string]struct {
		config    Config
		kind      error
		attribute string
		says      string
	}{
		"nothing":           {Config{}, ErrNoCluster, "", "KUBE_CONFIG_PATH"},
		"missing file":      {Config{ConfigPath: "/no/such/file"}, ErrKubeconfig, "config_path", "/no/such/file"},
		"missing variable":  {Config{Environment: func(n string) string { return map[string]string{"KUBE_CONFIG_PATH": "/no/such"}[n] }}, ErrKubeconfig, "environment variable KUBE_CONFIG_PATH", "/no/such"},
		"missing in a list": {Config{Environment: oneVariable("KUBE_CONFIG_PATHS", "/no/such"+string(filepath.ListSeparator)+path)}, ErrKubeconfig, "environment variable KUBE_CONFIG_PATHS", "/no/such"},
		"all missing":       {Config{Environment: oneVariable("KUBECONFIG", "/no/such"+string(filepath.ListSeparator)+"/nor/such")}, ErrKubeconfig, "environment variable KUBECONFIG", "/no/such"},
		"only separators":   {Config{Environment: oneVariable("KUBECONFIG", string(filepath.ListSeparator))}, ErrNoCluster, "", "its current context could be any cluster"},
		"not YAML":          {Config{ConfigPath: broken}, ErrKubeconfig, "config_path", "cannot be read"},
		"empty":             {Config{ConfigPath: empty}, ErrKubeconfig, "config_context", "no usable cluster"},
		"unknown context":   {Config{ConfigPath: path, ConfigContext: "x"}, ErrKubeconfig, "config_context", "one, two"},
		"unknown user":      {Config{ConfigPath: path, ConfigContextAuthInfo: "x"}, ErrKubeconfig, "config_context_auth_info", "ann, bob"},
		"unknown cluster":   {Config{ConfigPath: path, ConfigContextCluster: "x"}, ErrKubeconfig, "config_context_cluster", "a, b"},
		"both paths":        {Config{ConfigPath: path, ConfigPaths: []string{path}}, ErrConfigValue, "config_paths", "cannot be combined"},
		"not a host":        {Config{Host: "ftp://x"}, ErrConfigValue, "host", "ftp://x"},
		"not a proxy":       {Config{Host: "https://x", ProxyURL: "proxy"}, ErrConfigValue, "proxy_url", "socks5"},
		"insecure with CA":  {Config{Host: "https://x", Insecure: true, ClusterCACertificate: certificate}, ErrConfigValue, "insecure", "cannot be combined"},
		"not a certificate": {Config{Host: "https://x", ClusterCACertificate: "LS0tLS1CRUdJTg=="}, ErrConfigValue, "cluster_ca_certificate", "base64"},
		"no key":            {Config{Host: "https://x", ClientCertificate: certificate}, ErrConfigValue, "client_certificate", "require each other"},
		"wrong key":         {Config{Host: "https://x", ClientCertificate: certificate, ClientKey: otherKey}, ErrConfigValue, "client_key", "do not match"},
		"token and exec":    {Config{Host: "https://x", Token: "s3cret", Exec: &ExecConfig{Command: "true"}}, ErrConfigValue, "exec", "cannot be combined"},
		"token and user":    {Config{Host: "https://x", Token: "s3cret", Username: "u"}, ErrConfigValue, "username", "cannot be combined"},
		"no such command":   {Config{Host: "https://x", Exec: &ExecConfig{Command: "no-such-command-anywhere"}}, ErrConfigValue, "exec.command", "no-such-command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.config.Environment == nil {
				c.config.Environment = noEnvironment
			}
			_, _, err := c.config.RESTConfig()
			var problem *ConfigError
			if !errors.Is(err, c.kind) || !errors.As(err, &problem) || problem.Attribute != c.attribute || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "PRIVATE KEY")) {
				t.Errorf("tells a secret: %v", err)
			}
		})
	}
}
