package kubeclient

import (
	"cmp"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
)

// inCluster uses the pod's service account; the remaining explicit values apply to it too.
func (c Config) inCluster() (*rest.Config, string, error) {
	config, err := c.podConfig()
	if err != nil {
		return nil, "", &ConfigError{
			Kind: ErrNoCluster, Err: err,
			Problem: "no Kubernetes cluster is configured, and the provider does not run in a pod",
			Remedy:  "Set config_path or host, or the environment variable KUBE_CONFIG_PATH. To use ~/.kube/config, name it in one of them, because its current context could be any cluster",
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

// podConfig is a pod's configuration for its own cluster. The token is re-read, since it is rotated.
func (c Config) podConfig() (*rest.Config, error) {
	host, port := c.env("KUBERNETES_SERVICE_HOST"), c.env("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return nil, rest.ErrNotInCluster
	}
	token, err := localfile.Read(filepath.Join(c.podDirectory(), "token"), localfile.Small)
	if err != nil {
		return nil, fmt.Errorf("read the pod's token: %w", err)
	}
	ca, err := localfile.Read(filepath.Join(c.podDirectory(), "ca.crt"), localfile.Small)
	if err != nil {
		return nil, fmt.Errorf("read the pod's certificate authority: %w", err)
	}
	return &rest.Config{
		Host: "https://" + net.JoinHostPort(host, port), TLSClientConfig: rest.TLSClientConfig{CAData: ca},
		BearerToken: string(token), BearerTokenFile: filepath.Join(c.podDirectory(), "token"),
	}, nil
}

func (c Config) podDirectory() string {
	return cmp.Or(c.ServiceAccount, "/var/run/secrets/kubernetes.io/serviceaccount")
}

func (c Config) podNamespace() string {
	data, err := localfile.Read(filepath.Join(c.podDirectory(), "namespace"), localfile.Small)
	if name := strings.TrimSpace(string(data)); err == nil && name != "" {
		return name
	}
	return "default"
}
