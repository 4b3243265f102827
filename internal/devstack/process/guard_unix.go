//go:build unix

package process

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// guardScript remembers process groups and directories as variables, and acts
// on them when its input ends. It ignores the signals of a terminal, because
// it has to survive whatever ends its parent.
const guardScript = `trap '' HUP INT QUIT TERM
n=0 c=0
while IFS=' ' read -r what value; do
	case $what in
	add) eval "guarded_$value=1" ;;
	del) unset "guarded_$value" ;;
	dir) n=$((n + 1)); eval "directory_$n=\$value" ;;
	cgroup) c=$((c + 1)); eval "cgroup_$c=\$value" ;;
	esac
done
for group in $(set | sed -n 's/^guarded_\([0-9][0-9]*\)=.*/\1/p'); do
	kill -KILL -"$group" 2>/dev/null
done
while [ "$c" -gt 0 ]; do
	eval "directory=\$cgroup_$c"
	tries=0
	while [ -d "$directory" ] && [ "$tries" -lt 50 ]; do
		find "$directory" -depth -type d -exec rmdir {} \; 2>/dev/null
		tries=$((tries + 1))
		[ ! -d "$directory" ] || sleep 0.1
	done
	c=$((c - 1))
done
while [ "$n" -gt 0 ]; do
	eval "directory=\$directory_$n"
	rm -rf -- "$directory" || { sleep 1; rm -rf -- "$directory"; }
	n=$((n - 1))
done
exit 0
`

// Guard ends process groups and removes directories and control groups when this
// process ends, no matter how. A nil *Guard does nothing.
type Guard struct {
	mu    sync.Mutex
	pipe  io.WriteCloser
	cmd   *exec.Cmd
	close sync.Once
	err   error
}

// NewGuard starts a guard. It outlives ctx: Close it when everything has been
// stopped.
func NewGuard(ctx context.Context) (*Guard, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", guardScript)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Dir = "/"
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the guard process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the guard process: %w", err)
	}
	return &Guard{pipe: pipe, cmd: cmd}, nil
}

// RemoveAtEnd has a directory removed when the guard is closed or this process
// ends.
func (g *Guard) RemoveAtEnd(directory string) error { return g.removeAtEnd("dir", directory) }

// RemoveCgroupAtEnd is RemoveAtEnd for a control group and those below it, which
// are directories that only go one by one, and only when their processes have
// ended.
func (g *Guard) RemoveCgroupAtEnd(directory string) error { return g.removeAtEnd("cgroup", directory) }

func (g *Guard) removeAtEnd(kind, directory string) error {
	if strings.ContainsAny(directory, "\n\r") || !strings.HasPrefix(directory, "/") {
		return fmt.Errorf("directory %q cannot be guarded: it needs an absolute path of one line", directory)
	}
	return g.send(kind + " " + directory)
}

// Close kills the process groups that still run, removes the directories and
// waits until this is done.
func (g *Guard) Close() error {
	if g == nil {
		return nil
	}
	g.close.Do(func() {
		g.mu.Lock()
		err := g.pipe.Close()
		g.mu.Unlock()
		if waitErr := g.cmd.Wait(); err == nil {
			err = waitErr
		}
		if err != nil {
			g.err = fmt.Errorf("end the guard process: %w", err)
		}
	})
	return g.err
}

func (g *Guard) add(pid int) {
	// A guard that is gone must not keep anything from running: the process
	// still ends by Stop.
	_ = g.send(fmt.Sprintf("add %d", pid))
}

func (g *Guard) remove(pid int) { _ = g.send(fmt.Sprintf("del %d", pid)) }

func (g *Guard) send(line string) error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := io.WriteString(g.pipe, line+"\n"); err != nil {
		return fmt.Errorf("tell the guard process: %w", err)
	}
	return nil
}
