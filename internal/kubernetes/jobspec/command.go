package jobspec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var versionPattern = regexp.MustCompile(`(?i)^v?(?:(\d+)!)?(\d+(?:\.\d+)*)([-_.]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[-_.]?\d*)?([-_.]?(?:post|rev|r)?[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?$`)

// flowCommand is the command that runs a flow run: its name changed with Prefect 0.13.0. A flow without a version
// counts as older.
func flowCommand(coreVersion string) ([]any, error) {
	current, old := []any{"prefect", "execute", "flow-run"}, []any{"prefect", "execute", "cloud-flow"}
	if coreVersion == "" {
		return old, nil
	}
	m := versionPattern.FindStringSubmatch(strings.TrimSpace(coreVersion))
	if m == nil {
		return nil, &Error{Kind: ErrCoreVersion, Path: "core_version", Problem: fmt.Sprintf("Invalid version: %q", coreVersion)}
	}
	if epoch, _ := strconv.Atoi(m[1]); epoch > 0 {
		return current, nil
	}
	order := slices.Compare(release(m[2]), []int{0, 13})
	isPre := m[3] != "" || m[5] != ""
	if order < 0 || (order == 0 && isPre) {
		return old, nil
	}
	return current, nil
}

// release splits a release number, without the zeros at its end.
func release(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		n, _ := strconv.Atoi(part)
		out = append(out, n)
	}
	for len(out) > 0 && out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out
}
