package controlplane

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

// logLines is how many of a component's last lines an error carries.
const logLines = 15

// ComponentError says that a program of the control plane ended unexpectedly.
type ComponentError struct {
	// Component is the program's name.
	Component string
	// Log is the end of its output.
	Log string
	// Err says how it ended; nil means exit code 0.
	Err error
}

// Error implements error.
func (e *ComponentError) Error() string {
	how := "exit code 0"
	if e.Err != nil {
		how = e.Err.Error()
	}
	return fmt.Sprintf("%s ended (%s); the end of its log:\n%s", e.Component, how, e.Log)
}

// Unwrap returns the process's error.
func (e *ComponentError) Unwrap() error { return e.Err }

// portTaken reports whether the component ended because of a port that somebody
// else listens on.
func (e *ComponentError) portTaken() bool {
	return strings.Contains(e.Log, "address already in use")
}

// component is one running program.
type component struct {
	name    string
	log     string
	process *process.Process
	ending  atomic.Bool
}

// expectEnd records that the program may end from now on.
func (c *component) expectEnd() { c.ending.Store(true) }

func startComponent(ctx context.Context, name, binDir string, arguments []string, l layout, guard *process.Guard) (*component, error) {
	c := &component{name: name, log: l.file(name + ".log")}
	output, err := os.OpenFile(c.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	defer func() { _ = output.Close() }()
	c.process, err = process.Start(ctx, process.Spec{
		Path: program(binDir, name), Args: arguments,
		// The programs need neither HOME nor proxies, and etcd refuses unknown variables that start with its prefix.
		Env: []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + l.dir},
		Dir: l.dir, Output: output, Guard: guard,
	})
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	return c, nil
}

// failure describes the end of a program that has ended.
func (c *component) failure() *ComponentError {
	content, err := os.ReadFile(c.log)
	if err != nil {
		content = []byte(err.Error())
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	if len(lines) > logLines {
		lines = lines[len(lines)-logLines:]
	}
	return &ComponentError{Component: c.name, Log: strings.Join(lines, "\n"), Err: c.process.Err()}
}
