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
	"regexp"
	"slices"
	"syscall"
	"time"
)

// stopGrace is how long Terraform may take to save its state after an interrupt before it is killed.
const stopGrace = 30 * time.Second

// terraform runs the Terraform command line in one working directory, with the provider that was just built.
type terraform struct {
	Options
	dir string
	env []string
}

// newTerraform writes a CLI configuration that points at the provider's binary and returns a runner for dir.
func newTerraform(options Options, dir string, env []string) (*terraform, error) {
	t := &terraform{Options: options, dir: dir}
	if err := WriteCLIConfig(t.configFile(), options.ProviderDir); err != nil {
		return nil, err
	}
	t.env = append(slices.Clone(env), "TF_CLI_CONFIG_FILE="+t.configFile(), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	return t, nil
}

// WriteCLIConfig writes a configuration of Terraform's command line that takes the provider from a directory.
func WriteCLIConfig(file, providerDir string) error {
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefect-server/prefect\" = %q\n  }\n  direct {}\n}\n",
		filepath.ToSlash(providerDir))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the Terraform CLI configuration: %w", err)
	}
	return nil
}

// configFile is the CLI configuration that uses the provider just built.
func (t *terraform) configFile() string { return filepath.Join(t.dir, "terraform.rc") }

// apply creates or changes what the configuration declares.
func (t *terraform) apply(ctx context.Context, vars ...string) error {
	return t.show(ctx, withVars([]string{"apply", "-auto-approve", "-input=false"}, vars)...)
}

// destroy deletes all of it.
func (t *terraform) destroy(ctx context.Context, vars ...string) error {
	return t.show(ctx, withVars([]string{"destroy", "-auto-approve", "-input=false"}, vars)...)
}

// planIsEmpty reports whether a plan would change nothing; if it would, the plan is shown.
func (t *terraform) planIsEmpty(ctx context.Context, vars ...string) (bool, error) {
	var text bytes.Buffer
	err := t.run(ctx, &text, withVars([]string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}, vars)...)
	if err == nil {
		return true, nil
	}
	_, _ = indent(t.Out).Write(text.Bytes())
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

// show runs Terraform and shows what it does: all of it, or what it has done and, if it fails, all of it after all.
func (t *terraform) show(ctx context.Context, args ...string) error {
	if !t.Colour {
		args = append(args, "-no-color")
	}
	if t.ShowTerraform {
		return t.run(ctx, indent(t.Out), args...)
	}
	done := &summary{out: indent(t.Out)}
	err := t.run(ctx, done, args...)
	if err != nil {
		_, _ = indent(t.Out).Write(done.all.Bytes())
	}
	return err
}

// doneLine matches a line of Terraform's output that reports a completed change.
var doneLine = regexp.MustCompile(`^(\x1b\[[0-9;]*m)*(\S+: (Creation|Modifications|Destruction) complete|(Apply|Destroy) complete!)`)

// summary passes on the lines that say what has been done, and keeps all.
type summary struct {
	out  io.Writer
	all  bytes.Buffer
	line []byte
}

// Write implements io.Writer.
func (s *summary) Write(p []byte) (int, error) {
	_, _ = s.all.Write(p)
	s.line = append(s.line, p...)
	for {
		end := bytes.IndexByte(s.line, '\n')
		if end < 0 {
			return len(p), nil
		}
		if doneLine.Match(s.line) {
			_, _ = s.out.Write(s.line[:end+1])
		}
		s.line = s.line[end+1:]
	}
}

func (t *terraform) run(ctx context.Context, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, t.Terraform, args...)
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), t.env...)
	cmd.Stdout = out
	cmd.Stderr = out
	// A Ctrl-C in the terminal goes to the whole process group. A second interrupt makes Terraform exit at once, so
	// it gets none from the terminal and exactly one from here, on which it saves its state.
	ownGroup(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = stopGrace
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s %s: %w", filepath.Base(t.Terraform), args[0], err)
	}
	return nil
}

func withVars(args, vars []string) []string {
	for _, v := range vars {
		args = append(args, "-var", v)
	}
	return args
}
