package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopGrace is how long Terraform may take to save its state after an interrupt before it is killed.
const stopGrace = 30 * time.Second

// terraform runs the Terraform command line in one working directory, with the provider that was just built.
type terraform struct {
	binary string
	dir    string
	env    []string
	out    io.Writer
}

// newTerraform writes a CLI configuration that points at the provider's binary and returns a runner for dir.
func newTerraform(binary, dir, providerDir string, env []string, out io.Writer) (*terraform, error) {
	config := filepath.Join(dir, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefect-server/prefect\" = %q\n  }\n  direct {}\n}\n",
		filepath.ToSlash(providerDir))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the Terraform CLI configuration: %w", err)
	}
	env = append(env, "TF_CLI_CONFIG_FILE="+config, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	return &terraform{binary: binary, dir: dir, env: env, out: out}, nil
}

// configFile is the CLI configuration that uses the provider just built.
func (t *terraform) configFile() string { return filepath.Join(t.dir, "terraform.rc") }

// apply creates or changes what the configuration declares.
func (t *terraform) apply(ctx context.Context, vars ...string) error {
	return t.show(ctx, withVars([]string{"apply", "-auto-approve", "-input=false", "-no-color"}, vars)...)
}

// destroy deletes all of it.
func (t *terraform) destroy(ctx context.Context, vars ...string) error {
	return t.show(ctx, withVars([]string{"destroy", "-auto-approve", "-input=false", "-no-color"}, vars)...)
}

// planIsEmpty says whether a plan would change nothing; if it would, the plan is shown.
func (t *terraform) planIsEmpty(ctx context.Context, vars ...string) (bool, error) {
	var text bytes.Buffer
	err := t.run(ctx, &text, withVars([]string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}, vars)...)
	if err == nil {
		return true, nil
	}
	_, _ = t.out.Write(text.Bytes())
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 2 {
		return false, nil
	}
	return false, err
}

// outputs reads the configuration's outputs into out, a struct with a field for each.
func (t *terraform) outputs(ctx context.Context, out any) error {
	var text bytes.Buffer
	if err := t.run(ctx, &text, "output", "-json", "-no-color"); err != nil {
		return err
	}
	var wrapped map[string]struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(text.Bytes(), &wrapped); err != nil {
		return fmt.Errorf("read terraform output: %w", err)
	}
	values := make(map[string]json.RawMessage, len(wrapped))
	for name, output := range wrapped {
		values[name] = output.Value
	}
	flat, err := json.Marshal(values)
	if err != nil {
		return fmt.Errorf("read terraform output: %w", err)
	}
	if err := json.Unmarshal(flat, out); err != nil {
		return fmt.Errorf("read terraform output: %w", err)
	}
	return nil
}

func (t *terraform) show(ctx context.Context, args ...string) error {
	return t.run(ctx, t.out, args...)
}

func (t *terraform) run(ctx context.Context, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, t.binary, args...)
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), t.env...)
	cmd.Stdout = out
	cmd.Stderr = out
	// Terraform saves its state on an interrupt; a kill at once would lose what it had just created.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = stopGrace
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s %s: %w", filepath.Base(t.binary), args[0], err)
	}
	return nil
}

func withVars(args, vars []string) []string {
	for _, v := range vars {
		args = append(args, "-var", v)
	}
	return args
}
