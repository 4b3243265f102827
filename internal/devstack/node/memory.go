package node

import (
	"context"
	"time"
)

// memoryInterval is the time between two looks at a container's memory.
const memoryInterval = 100 * time.Millisecond

// defaultMemory is the node's capacity where the machine's cannot be read.
const defaultMemory = 8 << 30

// watchMemory closes the channel when the processes of a group use more than the
// limit, in bytes. Without a limit (0) it never does.
func watchMemory(ctx context.Context, group int, limit int64) <-chan struct{} {
	exceeded := make(chan struct{})
	if limit <= 0 {
		return exceeded
	}
	go func() {
		ticker := time.NewTicker(memoryInterval)
		defer ticker.Stop()
		for {
			if used, err := groupMemory(ctx, group); err == nil && used > limit {
				close(exceeded)
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return exceeded
}
