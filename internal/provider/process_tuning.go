package provider

import (
	"os"
	"runtime/debug"
	"strings"
)

// Limits of the garbage collector. Documents of flows live for one request, so the heap may grow to five
// times its live size before a collection; near the limit, in bytes, it is collected as often as needed.
const (
	gcPercent   = 400
	memoryLimit = 1 << 30
)

// Tune reduces the cost of the process where the user has not chosen otherwise. Without any TF_LOG variable,
// Terraform discards the trace messages that the libraries format for each request, so they are turned off.
// The garbage collector runs less often. GOGC and GOMEMLIMIT take precedence.
func Tune() {
	if !asksForLogs(os.Environ()) {
		// Only an invalid name is an error, and this one is valid.
		_ = os.Setenv("TF_LOG_SDK", "off")
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		if os.Getenv("GOMEMLIMIT") == "" {
			debug.SetMemoryLimit(memoryLimit)
		}
	}
}

// asksForLogs reports whether an environment has any variable that makes Terraform or its libraries log.
func asksForLogs(environment []string) bool {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" && (strings.HasPrefix(name, "TF_LOG") || strings.HasPrefix(name, "TF_ACC_LOG")) {
			return true
		}
	}
	return false
}
