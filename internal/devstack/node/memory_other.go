//go:build !linux

package node

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// groupMemory adds up the resident memory of a process group, in bytes.
func groupMemory(ctx context.Context, group int) (int64, error) {
	output, err := exec.CommandContext(ctx, "ps", "-axo", "pgid=,rss=").Output()
	if err != nil {
		return 0, fmt.Errorf("list processes: %w", err)
	}
	wanted, total := strconv.Itoa(group), int64(0)
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[0] != wanted {
			continue
		}
		if kilobytes, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			total += kilobytes << 10
		}
	}
	return total, nil
}

// machineMemory is a guess: enough for what the stack runs.
func machineMemory() int64 { return defaultMemory }
