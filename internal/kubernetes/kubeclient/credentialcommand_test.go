package kubeclient

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// script writes a command into a directory of its own; $CALLS is a file that it may append to.
func script(t *testing.T, name, body string) (command, calls string) {
	t.Helper()
	directory := t.TempDir()
	command, calls = filepath.Join(directory, name), filepath.Join(directory, "calls")
	if err := os.WriteFile(command, []byte("#!/bin/sh\necho x >>"+calls+"\n"+body), 0o700); err != nil { //nolint:gosec // a command
		t.Fatal(err)
	}
	return command, calls
}

func callsOf(t *testing.T, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Count(string(data), "x")
}

const execVersion = "client.authentication.k8s.io/v1"

func listJobs(ctx context.Context, client *Client) error {
	_, err := client.Interface().BatchV1().Jobs("flows").List(ctx, metav1.ListOptions{})
	return Classify("list", "jobs", "flows", "", err)
}

// TestCredentialCommandIsRunOnce: many requests at once need one run of the command, whose token they carry until the API
// server takes it no more.
func TestCredentialCommandIsRunOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	refuse := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		out.Header().Set("Content-Type", "application/json")
		if refuse || in.Header.Get("Authorization") != "Bearer secret-token" || in.Header.Get("User-Agent") != "agent/1" {
			out.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = out.Write([]byte(`{"kind": "JobList", "apiVersion": "batch/v1", "items": []}`))
	}))
	t.Cleanup(server.Close)
	command, calls := script(t, "credentials", `case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 3 ;; esac
test "$EXTRA" = value || exit 4
echo '{"kind": "ExecCredential", "apiVersion": "`+execVersion+`", "status": {"token": "secret-token"}}'`)
	client, err := NewClient(Config{
		Host: server.URL, Insecure: true, Exec: &ExecConfig{Command: command, Env: map[string]string{"EXTRA": "value"}}, UserAgent: "agent/1", Environment: noEnvironment,
	})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if err := listJobs(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := callsOf(t, calls); n != 1 {
		t.Errorf("%d runs of the command", n)
	}
	mu.Lock()
	refuse = true
	mu.Unlock()
	for range 2 {
		if err := listJobs(t.Context(), client); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("got %v", err)
		}
	}
	if n := callsOf(t, calls); n != 2 {
		t.Errorf("%d runs of the command after its token was refused", n)
	}
}

// TestCredentialCommandThatFails: it is run once, and what it says is in the error, with the way to do without kubelogin.
func TestCredentialCommandThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command, body string
		args          []string
		says          []string
		saysNot       string
	}{
		"kubelogin":           {"kubelogin", "printf 'To sign in\\033[31m, open https://microsoft.com/devicelogin\\nAADSTS50076\\n' >&2; exit 1", []string{"get-token", "--server-id", "x"}, []string{`"kubelogin"`, "exit status 1", "devicelogin", "AADSTS50076", "set `azure`"}, "\x1b"},
		"another kubelogin":   {"kubelogin", "exit 1", []string{"get-token", "--oidc-issuer-url=x"}, []string{"exit status 1", "Run it in a terminal"}, "`azure`"},
		"not a credential":    {"aws", "echo hello", nil, []string{"printed no ExecCredential"}, "hello"},
		"another version":     {"aws", `echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "t"}}'`, nil, []string{"v1beta1"}, ""},
		"nothing":             {"aws", `echo '{"kind": "ExecCredential", "apiVersion": "` + execVersion + `", "status": {}}'`, nil, []string{"neither a token nor a certificate"}, ""},
		"half of a key pair":  {"aws", `echo '{"kind": "ExecCredential", "apiVersion": "` + execVersion + `", "status": {"clientCertificateData": "x"}}'`, nil, []string{"a certificate or a key, but not both"}, ""},
		"not of a key pair":   {"aws", `echo '{"kind": "ExecCredential", "apiVersion": "` + execVersion + `", "status": {"clientCertificateData": "x", "clientKeyData": "y"}}'`, nil, []string{"cannot be used"}, ""},
		"much on its way out": {"aws", "yes complaint | head -c 200000 >&2; echo the end >&2; exit 7", nil, []string{"exit status 7", "complaint / the end"}, strings.Repeat("complaint / ", 7)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, calls := script(t, c.command, c.body)
			client, err := NewClient(Config{Host: "https://127.0.0.1:1", Exec: &ExecConfig{Command: command, Args: c.args}, Environment: noEnvironment})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				err = listJobs(t.Context(), client)
				var config *ConfigError
				if !errors.Is(err, ErrCredentials) || !errors.As(err, &config) || config.Attribute != "exec" {
					t.Fatalf("got %v", err)
				}
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if c.saysNot != "" && strings.Contains(err.Error(), c.saysNot) {
				t.Errorf("%q is in: %v", c.saysNot, err)
			}
			if n := callsOf(t, calls); n != 1 {
				t.Errorf("%d runs of the command", n)
			}
		})
	}
}

// TestCredentialCommandThatHangs: a command that waits for somebody ends with its time, and at once with the operation; its
// children end with it.
func TestCredentialCommandThatHangs(t *testing.T) {
	t.Parallel()
	command, calls := script(t, "kubelogin", "echo 'enter the code ABC' >&2\nsleep 600; echo never")
	client, err := NewClient(Config{Host: "https://127.0.0.1:1", Exec: &ExecConfig{Command: command}, Environment: noEnvironment})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	began := time.Now()
	if err := listJobs(ctx, client); !errors.Is(err, context.Canceled) || time.Since(began) > 2*time.Second {
		t.Errorf("interrupted: %v after %s", err, time.Since(began))
	}
	client.command.timeout = time.Second
	began = time.Now()
	for range 3 {
		err = listJobs(t.Context(), client)
		if !errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), "did not finish within 1s") || !strings.Contains(err.Error(), "enter the code ABC") {
			t.Errorf("got %v", err)
		}
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("took %s", took)
	}
	if n := callsOf(t, calls); n != 2 { // the interrupted one, and one for all
		t.Errorf("%d runs of the command", n)
	}
}
