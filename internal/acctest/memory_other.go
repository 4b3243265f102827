//go:build !linux

package acctest

import "os"

// residentMemory is not known.
func residentMemory(*os.ProcessState) int64 { return 0 }
