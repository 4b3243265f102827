package acctest

import (
	"os"
	"syscall"
)

// residentMemory is the most that the process, or one that it waited for, had resident.
func residentMemory(ended *os.ProcessState) int64 {
	if usage, ok := ended.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss << 10
	}
	return 0
}
