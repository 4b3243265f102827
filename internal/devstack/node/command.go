package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// versionTimeout bounds the question for Prefect's version.
const versionTimeout = 30 * time.Second

// commands finds the programs that containers run.
type commands struct {
	dir           string
	ignorePrefect bool
	once          sync.Once
	prefect       string
}

// newCommands makes a directory with a stand-in for Prefect's command. Nothing
// is made if there is nothing to run instead.
func newCommands(dir string, flowRun []string, ignorePrefect bool) (*commands, error) {
	c := &commands{ignorePrefect: ignorePrefect}
	if len(flowRun) == 0 {
		return c, nil
	}
	c.dir = dir
	quoted := make([]string, 0, len(flowRun))
	for _, word := range flowRun {
		quoted = append(quoted, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
	}
	command := strings.Join(quoted, " ")
	script := `#!/bin/sh
case "$1 $2" in
"execute flow-run" | "execute cloud-flow")
	echo "virtual node: there is no Prefect 1 on this machine; running the embedded flow runner instead" >&2
	shift 2
	exec ` + command + ` "$@" ;;
" ") # as Prefect 1 does, in more lines
	echo "Usage: prefect [OPTIONS] COMMAND [ARGS]..."
	echo "Options:"
	echo "  -h, --help  Show this message and exit."
	exit 0 ;;
esac
echo "virtual node: there is no Prefect 1 on this machine; only 'prefect execute flow-run' can be run" >&2
exit 127
`
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the stand-in for prefect: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "prefect"), []byte(script), 0o700); err != nil {
		return nil, fmt.Errorf("make the stand-in for prefect: %w", err)
	}
	return c, nil
}

// path is the PATH of containers: the machine's, with the stand-in before it or
// after it, so that a Prefect 1 of the machine is preferred and a later Prefect,
// whose command is another one, is not.
func (c *commands) path(ctx context.Context, machine string) string {
	if c.dir == "" {
		return machine
	}
	c.once.Do(func() {
		if !c.ignorePrefect {
			c.prefect = machinePrefect(ctx)
		}
	})
	if c.prefect != "" {
		return machine + string(os.PathListSeparator) + c.dir
	}
	return c.dir + string(os.PathListSeparator) + machine
}

// machinePrefect is the machine's own Prefect if that is a version that has the
// command that agents start, else "".
func machinePrefect(ctx context.Context) string {
	path, err := exec.LookPath("prefect")
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), versionTimeout)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, "version").Output()
	version := strings.TrimSpace(string(output))
	if err != nil || (!strings.HasPrefix(version, "1.") && !strings.HasPrefix(version, "0.")) {
		return ""
	}
	return path
}

// resolve returns the program and the arguments of a container.
func (c *commands) resolve(spec *corev1.Container, environment []string) (string, []string, error) {
	variables := asMap(environment)
	words := make([]string, 0, len(spec.Command)+len(spec.Args))
	for _, word := range append(append([]string{}, spec.Command...), spec.Args...) {
		words = append(words, expand(word, variables))
	}
	if len(words) == 0 {
		return "", nil, errors.New("a container on the virtual node needs a command or arguments: there is no image to take them from")
	}
	program, err := lookPath(words[0], variables["PATH"])
	if err == nil {
		return program, words[1:], nil
	}
	// Wrappers of Prefect's images (tini, entrypoint.sh) are not on this machine.
	if start := flowRunIndex(words); start > 0 {
		if program, inner := lookPath(words[start], variables["PATH"]); inner == nil {
			return program, words[start+1:], nil
		}
	}
	return "", nil, err
}

// flowRunIndex is where the flow-run command begins, or -1.
func flowRunIndex(words []string) int {
	for i := 0; i+2 < len(words); i++ {
		if words[i] == "prefect" && words[i+1] == "execute" {
			return i
		}
	}
	return -1
}

// runtimeFailure is how containerd and runc begin to say that a program does not
// start.
const runtimeFailure = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: " +
	"unable to start container process: "

// lookPath finds a program as exec would with the container's own PATH.
func lookPath(name, path string) (string, error) {
	failure := fmt.Errorf(runtimeFailure+"exec: %q: executable file not found in $PATH: unknown", name)
	if strings.Contains(name, "/") {
		info, err := os.Stat(name)
		if err != nil {
			return "", fmt.Errorf(runtimeFailure+"exec: %q: stat %s: no such file or directory: unknown", name, name)
		}
		if info.IsDir() || info.Mode().Perm()&0o111 == 0 {
			return "", fmt.Errorf(runtimeFailure+"exec: %q: permission denied: unknown", name)
		}
		return name, nil
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		candidate := filepath.Join(dir, name)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() && info.Mode().Perm()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", failure
}
