package kubernetes_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/tunnel"
)

// proxy is an HTTP proxy that counts the tunnels it makes, and those that are
// open, unless open is nil.
func proxy(t *testing.T, used, open *atomic.Int32) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if in.Method != http.MethodConnect {
			http.Error(out, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		remote, err := net.Dial("tcp", in.Host)
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadGateway)
			return
		}
		used.Add(1)
		if open != nil {
			open.Add(1)
			defer open.Add(-1)
		}
		local, _, err := http.NewResponseController(out).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(local, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(remote, local)
			_ = remote.Close()
		}()
		_, _ = io.Copy(local, remote)
		_ = local.Close()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// execPlugin is a command that prints a token as a credential.
func execPlugin(t *testing.T, token string) *kubeclient.ExecConfig {
	t.Helper()
	credential, err := json.Marshal(map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": map[string]any{"token": token},
	})
	if err != nil {
		t.Fatal(err)
	}
	// The token comes through the environment, as it does with real plugins.
	script := filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf '%s' \"$CREDENTIAL\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &kubeclient.ExecConfig{APIVersion: "client.authentication.k8s.io/v1", Command: script, Env: map[string]string{"CREDENTIAL": string(credential)}}
}

// podFiles are what a pod finds of its service account.
func podFiles(t *testing.T, token, ca, namespace string) string {
	t.Helper()
	directory := t.TempDir()
	for name, content := range map[string]string{"token": token, "ca.crt": ca, "namespace": namespace} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// TestClusterReach reaches a real API server in each of the ways that the configuration has, and through each of them
// also a Service.
func TestClusterReach(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	exposed := acctest.Expose(t, cluster, echo(t))
	exposed.Start()
	token := acctest.ServiceAccountToken(t, cluster, []rbacv1.PolicyRule{
		rule("batch", "jobs", "list"), rule("", "services", "get"), rule("", "pods", "list"), rule("", "pods/portforward", "create"),
	})
	admin := cluster.Client.RESTConfig()
	ca := string(admin.CAData)
	host, err := url.Parse(admin.Host)
	if err != nil {
		t.Fatal(err)
	}
	inPod := func(name string) string {
		return map[string]string{"KUBERNETES_SERVICE_HOST": host.Hostname(), "KUBERNETES_SERVICE_PORT": host.Port()}[name]
	}
	nothing := func(string) string { return "" }
	var used atomic.Int32
	for name, config := range map[string]kubeclient.Config{
		"kubeconfig":              {ConfigPath: cluster.Kubeconfig},
		"kubeconfig and token":    {ConfigPath: cluster.Kubeconfig, Token: token},
		"environment":             {Environment: func(n string) string { return map[string]string{"KUBE_CONFIG_PATH": cluster.Kubeconfig}[n] }},
		"host and token":          {Host: admin.Host, ClusterCACertificate: ca, Token: token},
		"client certificate":      {Host: admin.Host, ClusterCACertificate: ca, ClientCertificate: string(admin.CertData), ClientKey: string(admin.KeyData)},
		"server name":             {Host: admin.Host, ClusterCACertificate: ca, TLSServerName: "localhost", Token: token},
		"insecure":                {Host: admin.Host, Insecure: true, Token: token},
		"exec plugin":             {Host: admin.Host, ClusterCACertificate: ca, Exec: execPlugin(t, token)},
		"proxy":                   {Host: admin.Host, ClusterCACertificate: ca, Token: token, ProxyURL: proxy(t, &used, nil)},
		"service account of pods": {Environment: inPod, ServiceAccount: podFiles(t, token, ca, cluster.Namespace)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if config.Environment == nil {
				config.Environment = nothing
			}
			if name != "service account of pods" {
				config.Namespace = cluster.Namespace
			}
			client, err := kubeclient.NewClient(config)
			if err != nil {
				t.Fatal(err)
			}
			before := used.Load()
			if jobs, err := runjobs.List(t.Context(), client, "", "none"); err != nil || len(jobs) != 0 {
				t.Errorf("list Jobs: %v", err)
			}
			if got, err := ask(t.Context(), tunnelled(t, client, tunnel.Target{Service: exposed.Name}), "x"); err != nil || got != "x" {
				t.Errorf("through the Service: %q, %v", got, err)
			}
			if name == "proxy" && used.Load()-before < 2 {
				t.Errorf("the proxy was used %d times", used.Load()-before)
			}
		})
	}
}

// TestClusterReachRefused: what the API server does not accept is said in those words.
func TestClusterReachRefused(t *testing.T) {
	t.Parallel()
	cluster := acctest.Cluster(t)
	admin := cluster.Client.RESTConfig()
	client, err := kubeclient.NewClient(kubeclient.Config{Host: admin.Host, ClusterCACertificate: string(admin.CAData), Token: "wrong", Namespace: cluster.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runjobs.List(t.Context(), client, "", "none"); !errors.Is(err, kubeclient.ErrUnauthorized) {
		t.Errorf("a wrong token: %v", err)
	}
}
