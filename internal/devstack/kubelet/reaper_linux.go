package kubelet

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
)

// status says how a process ended.
type status syscall.WaitStatus

// String is "exit code 1" or "signal: killed".
func (s status) String() string {
	w := syscall.WaitStatus(s)
	if w.Signaled() {
		return "signal: " + w.Signal().String()
	}
	return fmt.Sprintf("exit code %d", w.ExitStatus())
}

// reaper starts processes and waits for them and, as the first process has to, for all whose parents have ended.
// os/exec cannot be used, because the reaper would collect its processes.
type reaper struct {
	mu      sync.Mutex
	waiting map[int]chan status
}

func newReaper() *reaper {
	r := &reaper{waiting: map[int]chan status{}}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			r.reap()
		}
	}()
	return r
}

func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var w syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &w, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if waiting := r.waiting[pid]; waiting != nil {
			waiting <- status(w)
			delete(r.waiting, pid)
		}
	}
}

// start starts a program, whose output goes to standard error.
func (r *reaper) start(program string, arguments ...string) (<-chan status, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	defer func() { _ = null.Close() }()
	pid, err := syscall.ForkExec(program, append([]string{program}, arguments...), &syscall.ProcAttr{
		Env: []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin", "HOME=/root"}, Files: []uintptr{null.Fd(), 2, 2},
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	r.waiting[pid] = make(chan status, 1)
	return r.waiting[pid], nil
}

// run runs a program to its end.
func (r *reaper) run(program string, arguments ...string) error {
	ended, err := r.start(program, arguments...)
	if err != nil {
		return err
	}
	if s := <-ended; s != 0 {
		return fmt.Errorf("%s %v: %s", filepath.Base(program), arguments, s)
	}
	return nil
}
