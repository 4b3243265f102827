package acctest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// memoryInterval is how often the memory of a running command is read.
const memoryInterval = 20 * time.Millisecond

// watchMemory starts to watch a process and its descendants. The function that it returns stops watching and
// returns the most that one of them had resident, in bytes. The kernel's own figure for an ended process will
// not do: it includes the memory of the process that started it.
func watchMemory(process *os.Process) func() int64 {
	stop, result := make(chan struct{}), make(chan int64)
	go func() {
		ticker := time.NewTicker(memoryInterval)
		defer ticker.Stop()
		var most int64
		for {
			most = max(most, residentMemory(process.Pid))
			select {
			case <-ticker.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-result
	}
}

// residentMemory returns the most that the process or one of its descendants has had resident, and 0 if it has ended.
func residentMemory(pid int) (most int64) {
	directory := fmt.Sprintf("/proc/%d", pid)
	status, err := os.ReadFile(directory + "/status") //nolint:gosec // the kernel's
	if err != nil {
		return 0
	}
	if _, rest, found := bytes.Cut(status, []byte("VmHWM:")); found {
		if fields := strings.Fields(string(rest[:min(len(rest), 40)])); len(fields) > 0 {
			kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
			most = kilobytes << 10
		}
	}
	threads, _ := os.ReadDir(directory + "/task")
	for _, thread := range threads {
		children, _ := os.ReadFile(directory + "/task/" + thread.Name() + "/children") //nolint:gosec // the kernel's
		for _, child := range strings.Fields(string(children)) {
			if id, err := strconv.Atoi(child); err == nil {
				most = max(most, residentMemory(id))
			}
		}
	}
	return most
}
