package node

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// groupMemory adds up the resident memory of a process group, in bytes.
func groupMemory(_ context.Context, group int) (int64, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, fmt.Errorf("list processes: %w", err)
	}
	wanted, total := strconv.Itoa(group), int64(0)
	for _, entry := range entries {
		if name := entry.Name(); name[0] < '0' || name[0] > '9' {
			continue
		}
		content, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue // ended meanwhile
		}
		// The program's name, in parentheses, may contain anything; after it
		// follow state, parent, group ... and, as 22nd, the resident pages.
		_, rest, _ := strings.Cut(string(content[bytes.LastIndexByte(content, ')')+1:]), " ")
		fields := strings.Fields(rest)
		if len(fields) < 22 || fields[2] != wanted {
			continue
		}
		pages, err := strconv.ParseInt(fields[21], 10, 64)
		if err == nil {
			total += pages * int64(os.Getpagesize())
		}
	}
	return total, nil
}

// machineMemory is the machine's memory in bytes.
func machineMemory() int64 {
	content, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return defaultMemory
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			if kilobytes, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return kilobytes << 10
			}
		}
	}
	return defaultMemory
}
