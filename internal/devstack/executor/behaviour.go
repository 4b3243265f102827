package executor

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// behaviour is what tests ask of a run; see the package's documentation.
type behaviour struct {
	taskTime  time.Duration
	fail      []string
	failTimes int
	loadError string
	crash     int
	allocate  int64
}

// behave reads them from the environment and the run's context.
func behave(environment func(string) string, context map[string]any) behaviour {
	members, _ := context["devstack"].(map[string]any)
	wish := func(name string) string {
		if value := environment("PREFECT_DEVSTACK_" + name); value != "" {
			return value
		}
		if value, ok := members[strings.ToLower(name)]; ok && value != nil {
			return fmt.Sprint(value)
		}
		return ""
	}
	b := behaviour{taskTime: seconds(wish("TASK_SECONDS")), loadError: wish("LOAD_ERROR"), failTimes: -1}
	if tasks := wish("FAIL_TASK"); tasks != "" {
		b.fail = strings.Split(tasks, ",")
	}
	if times, err := strconv.Atoi(wish("FAIL_TIMES")); err == nil {
		b.failTimes = times
	}
	if code, err := strconv.Atoi(wish("CRASH")); err == nil {
		b.crash = code
	}
	b.allocate = bytesOf(wish("ALLOCATE"))
	return b
}

// fails reports whether a task fails in its nth attempt, counted from 1.
func (b behaviour) fails(t *task, attempt int) bool {
	if b.failTimes >= 0 && attempt > b.failTimes {
		return false
	}
	for _, wanted := range b.fail {
		if wanted = strings.TrimSpace(wanted); wanted == "*" || wanted == t.Name || wanted == t.Slug {
			return true
		}
	}
	return false
}

// bytesOf reads an amount of memory such as "256Mi"; 0 if it is none.
func bytesOf(text string) int64 {
	factor := int64(1)
	for suffix, f := range map[string]int64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30} {
		if trimmed, ok := strings.CutSuffix(text, suffix); ok {
			text, factor = trimmed, f
		}
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return number * factor
}
