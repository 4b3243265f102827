package kubeclient

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

// paths returns the kubeconfig files. Every file named by the configuration or a provider variable must
// exist; of kubectl's KUBECONFIG only one must, as in kubectl. ~/.kube/config is used only if it is named,
// because its current context could be any cluster.
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

// withoutMissing removes the files that do not exist, unless none exists.
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
		if _, err := localfile.Read(full, localfile.Small); err != nil {
			return nil, &ConfigError{
				Kind: ErrKubeconfig, Attribute: attribute, Err: err,
				Problem: fmt.Sprintf("the kubeconfig %s cannot be opened: %v", p, errors.Unwrap(err)),
				Remedy:  "Use an existing kubeconfig file, or set host and credentials",
			}
		}
		out = append(out, full)
	}
	return out, nil
}

// overrides returns the explicit values in clientcmd's terms.
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
			APIVersion: cmp.Or(c.Exec.APIVersion, "client.authentication.k8s.io/v1"),
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

// checkNames reports a context, user or cluster that the kubeconfig does not have, with the ones it has.
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
			remedy = "Use a kubeconfig that has one"
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
