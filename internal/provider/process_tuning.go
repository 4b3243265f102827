package provider

import (
	"os"
	"runtime/debug"
	"strings"
)

// Bounds of the garbage collector while the provider serves. Documents of flows live for one request, so that the heap may
// grow to five times of what lives before it is collected; near the limit, in bytes, it is collected as often as needed.
const (
	gcPercent   = 400
	memoryLimit = 1 << 30
)

// Tune sets what makes the process cheaper and nobody asked to have otherwise: without any TF_LOG variable, Terraform
// throws away the trace messages that the libraries format for each request; the garbage collector runs more rarely.
// GOGC and GOMEMLIMIT win.
func Tune() {
	if !asksForLogs(os.Environ()) {
		// The error can only be that of a name, and this one is right.
		_ = os.Setenv("TF_LOG_SDK", "off")
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		if os.Getenv("GOMEMLIMIT") == "" {
			debug.SetMemoryLimit(memoryLimit)
		}
	}
}

// asksForLogs reports whether an environment has any variable that asks Terraform or its libraries for log messages.
func asksForLogs(environment []string) bool {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" && (strings.HasPrefix(name, "TF_LOG") || strings.HasPrefix(name, "TF_ACC_LOG")) {
			return true
		}
	}
	return false
}
