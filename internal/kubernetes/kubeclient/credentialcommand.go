package kubeclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ErrCredentials means that the credential command returned no credentials.
var ErrCredentials = errors.New("no credentials from the command")

const (
	// commandTimeout is how long the command may take.
	commandTimeout = 30 * time.Second
	// commandRetry is how long a failure is cached before the command runs again.
	commandRetry = time.Minute
	// commandOutput and commandErrors limit the captured output, in bytes.
	commandOutput = 1 << 20
	commandErrors = 4 << 10
	// commandLines is how many of the last error lines are shown.
	commandLines = 6
)

// credentialCommand gets credentials from a command, as client-go does, but within the deadline of the
// request that needs them, once for all requests, and with the command's own error output. (client-go's
// plugin takes no context, runs again for each request, and prints its errors where Terraform does not show
// them.)
type credentialCommand struct {
	exec    *clientcmdapi.ExecConfig
	base    *rest.Config // the cluster, without credentials
	where   string       // the attribute that names the command
	timeout time.Duration
	now     func() time.Time

	lock     chan struct{} // held while the command is running
	current  *issued
	failure  error
	failedAt time.Time
}

// issued is a set of credentials and the transport that uses them.
type issued struct {
	config    *rest.Config
	transport http.RoundTripper
	expires   time.Time // zero for never
}

// withCommand returns a configuration that gets its credentials from the command in config, and that command.
// Without a command, or with other credentials, it returns the configuration unchanged.
func withCommand(config *rest.Config, where string) (*rest.Config, *credentialCommand, error) {
	if config.ExecProvider == nil {
		return config, nil, nil
	}
	base := rest.CopyConfig(config)
	base.ExecProvider = nil
	if config.BearerToken != "" || config.BearerTokenFile != "" || config.Username != "" || len(config.CertData) > 0 || config.CertFile != "" {
		return base, nil, nil
	}
	version, found := strings.CutPrefix(config.ExecProvider.APIVersion, clientauthentication.GroupName+"/")
	switch {
	case !found || version != "v1" && version != "v1beta1":
		return nil, nil, commandError(where, fmt.Sprintf("the credential command has the API version %q, which is not supported", config.ExecProvider.APIVersion),
			"Use client.authentication.k8s.io/v1")
	case config.ExecProvider.InteractiveMode == clientcmdapi.AlwaysExecInteractiveMode:
		return nil, nil, commandError(where, fmt.Sprintf("the command %q needs a terminal (interactiveMode Always), which Terraform does not provide", config.ExecProvider.Command),
			"Use another kind of credentials, or a command that needs no terminal")
	}
	address, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, nil, &ConfigError{Kind: ErrConfigValue, Attribute: "host", Err: err, Problem: "it is not the URL of an API server", Remedy: "Correct it"}
	}
	c := &credentialCommand{
		exec: config.ExecProvider, base: base, where: where, timeout: commandTimeout, now: time.Now, lock: make(chan struct{}, 1),
	}
	return &rest.Config{
		Host: address.String(), APIPath: config.APIPath, UserAgent: config.UserAgent, QPS: config.QPS, Burst: config.Burst, WarningHandler: config.WarningHandler,
		Transport: &commandTransport{command: c},
	}, c, nil
}

// commandTransport sends requests with the credentials of a command.
type commandTransport struct{ command *credentialCommand }

// RoundTrip implements http.RoundTripper.
func (t *commandTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	credentials, err := t.command.credentials(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	resp, err := credentials.transport.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		t.command.forget(credentials)
	}
	return resp, err //nolint:wrapcheck // as of any transport
}

// credentials returns valid credentials; if there are none, it runs the command. Errors are *ConfigError, or
// the context's.
func (c *credentialCommand) credentials(ctx context.Context) (*issued, error) {
	interrupted := func() error {
		return fmt.Errorf("wait for the credentials of the command %q: %w", c.exec.Command, context.Cause(ctx))
	}
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, interrupted()
	}
	switch {
	case ctx.Err() != nil: // both cases above were ready
		return nil, interrupted()
	case c.current != nil && (c.current.expires.IsZero() || c.now().Before(c.current.expires)):
		return c.current, nil
	case c.failure != nil && c.now().Sub(c.failedAt) < commandRetry:
		return nil, c.failure
	}
	made, err := c.run(ctx)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, interrupted()
		}
		c.failure, c.failedAt = err, c.now()
		return nil, err
	}
	c.current, c.failure = made, nil
	return made, nil
}

// forget makes the next request run the command again, if old is still current.
func (c *credentialCommand) forget(old *issued) {
	c.lock <- struct{}{}
	defer func() { <-c.lock }()
	if c.current == old {
		c.current = nil
	}
}

// run runs the command once.
func (c *credentialCommand) run(ctx context.Context) (*issued, error) {
	info, err := c.info()
	if err != nil {
		return nil, c.failed("could not be given the cluster's description", "", err)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	out, complaints := &outputEnd{limit: commandOutput}, &outputEnd{limit: commandErrors}
	command := exec.CommandContext(ctx, c.exec.Command, c.exec.Args...) //nolint:gosec // the user's own command
	command.Env = os.Environ()
	for _, v := range c.exec.Env {
		command.Env = append(command.Env, v.Name+"="+v.Value)
	}
	command.Env = append(command.Env, "KUBERNETES_EXEC_INFO="+string(info))
	command.Stdout, command.Stderr = out, complaints
	command.WaitDelay = time.Second // children may keep the pipes open
	ownGroup(command)
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, c.failed(fmt.Sprintf("did not finish within %s", time.Since(began).Round(time.Second)), complaints.lastLines(commandLines), err)
		}
		return nil, c.failed("failed ("+err.Error()+")", complaints.lastLines(commandLines), err)
	}
	return c.issue(out, complaints)
}

// issue parses the credentials that the command printed.
func (c *credentialCommand) issue(out, complaints *outputEnd) (*issued, error) {
	unusable := func(why string) error { return c.failed(why, complaints.lastLines(commandLines), nil) }
	var printed clientauthentication.ExecCredential
	if err := json.Unmarshal(out.kept, &printed); err != nil || printed.Kind != "ExecCredential" {
		return nil, unusable("printed no ExecCredential")
	}
	if printed.APIVersion != c.exec.APIVersion {
		return nil, unusable(fmt.Sprintf("printed credentials of API version %q instead of %q", printed.APIVersion, c.exec.APIVersion))
	}
	status := printed.Status
	switch {
	case status == nil || status.Token == "" && status.ClientCertificateData == "" && status.ClientKeyData == "":
		return nil, unusable("printed neither a token nor a certificate")
	case (status.ClientCertificateData == "") != (status.ClientKeyData == ""):
		return nil, unusable("printed a certificate or a key, but not both")
	}
	config := rest.CopyConfig(c.base)
	config.BearerToken = status.Token
	config.CertData, config.KeyData = []byte(status.ClientCertificateData), []byte(status.ClientKeyData)
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, unusable("printed credentials that cannot be used: " + err.Error())
	}
	made := &issued{config: config, transport: transport}
	if status.ExpirationTimestamp != nil {
		made.expires = status.ExpirationTimestamp.Time
	}
	return made, nil
}

// info is the content of KUBERNETES_EXEC_INFO for the command.
func (c *credentialCommand) info() ([]byte, error) {
	tell := clientauthentication.ExecCredential{}
	tell.Kind, tell.APIVersion = "ExecCredential", c.exec.APIVersion
	if c.exec.ProvideClusterInfo {
		config := rest.CopyConfig(c.base)
		config.ExecProvider = c.exec
		about, err := rest.ConfigToExecCluster(config)
		if err != nil {
			return nil, fmt.Errorf("describe the cluster: %w", err)
		}
		tell.Spec.Cluster = &clientauthentication.Cluster{
			Server: about.Server, TLSServerName: about.TLSServerName, InsecureSkipTLSVerify: about.InsecureSkipTLSVerify,
			CertificateAuthorityData: about.CertificateAuthorityData, ProxyURL: about.ProxyURL, DisableCompression: about.DisableCompression,
		}
		if about.Config != nil {
			if tell.Spec.Cluster.Config.Raw, err = json.Marshal(about.Config); err != nil {
				return nil, fmt.Errorf("describe the cluster: %w", err)
			}
		}
	}
	return json.Marshal(tell) //nolint:wrapcheck // cannot fail
}

func commandError(where, problem, remedy string) error {
	return &ConfigError{Kind: ErrCredentials, Attribute: where, Problem: problem, Remedy: remedy}
}

// failed returns the error of a command, with its own error output and, if there is one, an alternative.
func (c *credentialCommand) failed(how, said string, err error) error {
	name := filepath.Base(c.exec.Command)
	problem := fmt.Sprintf("the credential command %q %s", name, how)
	if said != "" {
		problem += ". Its last output: " + said
	}
	remedy := "Run it in a terminal to see the problem, or use another kind of credentials"
	if isAzureKubelogin(c.exec) {
		remedy = "Sign in without it: set `azure` in the provider's `kubernetes`, for instance `azure = { use_cli = true }`. Or run it in a terminal to see the problem"
	}
	return &ConfigError{Kind: ErrCredentials, Attribute: c.where, Problem: problem, Remedy: remedy, Err: err}
}

// isAzureKubelogin distinguishes Azure's kubelogin from the OpenID Connect command of the same name.
func isAzureKubelogin(e *clientcmdapi.ExecConfig) bool {
	name := strings.TrimSuffix(filepath.Base(e.Command), ".exe")
	return name == "kubelogin" && !slices.ContainsFunc(e.Args, func(a string) bool { return strings.HasPrefix(a, "--oidc-") })
}

// outputEnd keeps the end of what is written to it.
type outputEnd struct {
	limit int
	kept  []byte
}

// Write implements io.Writer; it never fails.
func (o *outputEnd) Write(p []byte) (int, error) {
	o.kept = append(o.kept, p...)
	if over := len(o.kept) - o.limit; over > 0 {
		o.kept = append(o.kept[:0], o.kept[over:]...)
	}
	return len(p), nil
}

// lastLines returns the last n non-empty lines, joined and without control characters.
func (o *outputEnd) lastLines(n int) string {
	var lines []string
	for line := range bytes.Lines(o.kept) {
		text := strings.TrimSpace(strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return cmp.Or(map[rune]rune{'\t': ' '}[r], -1)
			}
			return r
		}, string(line)))
		if text != "" {
			lines = append(lines, text)
		}
	}
	return strings.TrimRight(strings.Join(lines[max(0, len(lines)-n):], " / "), ". ")
}
