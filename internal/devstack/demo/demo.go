// Package demo runs the walk-through that the project exists for and checks every claim that it makes: a project, a
// registered flow and a run of it are declared in HCL and applied; the run becomes a Kubernetes Job whose pod ends; a
// second plan is empty; the API server's and the Server's records agree with Terraform's state; an edited flow becomes
// version 2; destroy leaves nothing.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// Options say which stack the walk-through uses and with which programs.
type Options struct {
	// API is the Server's URL, TenantID the tenant to work in.
	API, TenantID string
	// Kubeconfig is the cluster's configuration file, Namespace where the agent starts Jobs.
	Kubeconfig, Namespace string
	// Terraform is the command line to use, ProviderDir the folder that holds the provider's binary.
	Terraform, ProviderDir string
	// Root is the project's folder, the one with examples/.
	Root string
	// KeepResources ends the walk-through before anything is changed or destroyed.
	KeepResources bool
	// Out is where progress and results go. Of Terraform's output only what was done is shown, unless ShowTerraform is set or
	// it fails.
	Out           io.Writer
	ShowTerraform bool
	// Colour says that Out is a terminal.
	Colour bool
}

// Result is what a walk-through leaves for its user when the resources are kept.
type Result struct {
	// Directory is the Terraform working directory, CLIConfig the configuration that uses the provider just built.
	Directory, CLIConfig string
}

// walk is one walk-through under way.
type walk struct {
	Options
	terraform *terraform
	server    *prefect.Client
	cluster   *kubeclient.Client
	dir       string
	started   time.Time
}

// Run runs the walk-through in dir, a folder of the caller's that it may fill. The error names the first claim that did
// not hold.
func Run(ctx context.Context, dir string, options Options) (*Result, error) {
	w, err := prepare(dir, options)
	if err != nil {
		return nil, err
	}
	first, err := w.applyAndShow(ctx, "terraform apply: project, flow, run")
	if err != nil {
		return nil, err
	}
	if err := w.prove(ctx, first); err != nil {
		return nil, err
	}
	result := &Result{Directory: w.quickstart(), CLIConfig: w.terraform.configFile()}
	if w.KeepResources {
		return result, nil
	}
	if err := w.proveEdit(ctx, first); err != nil {
		return nil, err
	}
	if err := w.proveDestroy(ctx, first); err != nil {
		return nil, err
	}
	w.step("all of it holds")
	return result, nil
}

func prepare(dir string, options Options) (*walk, error) {
	for _, part := range []string{"quickstart", "flows"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(options.Root, "examples", part))); err != nil {
			return nil, fmt.Errorf("copy examples/%s: %w", part, err)
		}
	}
	env := []string{
		"PREFECT__BACKEND=server",
		"PREFECT__CLOUD__API=" + options.API,
		"PREFECT__CLOUD__TENANT_ID=" + options.TenantID,
		"TF_VAR_kubeconfig=" + options.Kubeconfig,
		"TF_VAR_namespace=" + options.Namespace,
	}
	cli, err := newTerraform(options, filepath.Join(dir, "quickstart"), env)
	if err != nil {
		return nil, err
	}
	server, err := prefect.New(prefect.Config{Endpoint: options.API, Tenant: options.TenantID})
	if err != nil {
		return nil, fmt.Errorf("connect to the Server: %w", err)
	}
	cluster, err := kubeclient.NewClient(kubeclient.Config{ConfigPath: options.Kubeconfig, Namespace: options.Namespace})
	if err != nil {
		return nil, fmt.Errorf("connect to the cluster: %w", err)
	}
	return &walk{Options: options, terraform: cli, server: server, cluster: cluster, dir: dir, started: time.Now()}, nil
}

func (w *walk) quickstart() string { return filepath.Join(w.dir, "quickstart") }

// step announces what comes next and how long the walk-through has taken so far.
func (w *walk) step(format string, args ...any) {
	_, _ = fmt.Fprintf(w.Out, "%s [%5.1f s] %s\n", w.paint(bold, "==>"), time.Since(w.started).Seconds(), w.paint(bold, fmt.Sprintf(format, args...)))
}

// holds reports a claim that was checked.
func (w *walk) holds(format string, args ...any) {
	_, _ = fmt.Fprintf(w.Out, "    %s  %s\n", w.paint(green, "ok"), fmt.Sprintf(format, args...))
}

// Colours for paint: the numbers of the terminal's "select graphic rendition".
const (
	bold  = 1
	green = 32
)

// paint colours a text, if the terminal has colours.
func (o Options) paint(code int, text string) string {
	if !o.Colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, text)
}

// applyAndShow applies the configuration and shows the resulting run.
func (w *walk) applyAndShow(ctx context.Context, title string, vars ...string) (*outputs, error) {
	w.step("%s", title)
	if err := w.terraform.apply(ctx, vars...); err != nil {
		return nil, err
	}
	var out outputs
	if err := w.terraform.outputs(ctx, &out); err != nil {
		return nil, err
	}
	logs, _, err := w.server.FlowRunLogs(ctx, out.FlowRun.ID, prefect.LogCursor{})
	if err != nil {
		return nil, fmt.Errorf("read the run's logs: %w", err)
	}
	w.step("what ran")
	out.write(w.Out, logs)
	return &out, nil
}

// editedFlow writes a copy of the flow's build document whose runs log more, and returns its path. It is a change that the
// flow's script need not follow: Prefect refuses to run a flow whose tasks are not those of its script.
func (w *walk) editedFlow() (string, error) {
	data, err := os.ReadFile(filepath.Join(w.dir, "flows", "my_example_flow.json"))
	if err != nil {
		return "", fmt.Errorf("read the flow: %w", err)
	}
	var document struct {
		Version int              `json:"version"`
		Flows   []map[string]any `json:"flows"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return "", fmt.Errorf("read the flow: %w", err)
	}
	config, ok := document.Flows[0]["run_config"].(map[string]any)
	if !ok {
		return "", errors.New("the example flow has no run configuration")
	}
	env, ok := config["env"].(map[string]any)
	if !ok {
		return "", errors.New("the example flow's run configuration has no environment, which holds its script")
	}
	env["PREFECT__LOGGING__LEVEL"] = "DEBUG"
	edited, err := json.Marshal(document)
	if err != nil {
		return "", fmt.Errorf("write the edited flow: %w", err)
	}
	path := filepath.Join(w.dir, "flows", "my_example_flow.edited.json")
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		return "", fmt.Errorf("write the edited flow: %w", err)
	}
	return path, nil
}
