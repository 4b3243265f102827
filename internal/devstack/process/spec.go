package process

import "os"

// Spec says what to start.
type Spec struct {
	// Path is the program, Args its arguments without the program's name.
	Path string
	Args []string
	// Env is the whole environment; nil means an empty one.
	Env []string
	// Dir is the working directory; "" means the caller's.
	Dir string
	// Input is standard input; nil means none.
	Input *os.File
	// Output receives standard output, and standard error unless Errors is set.
	Output, Errors *os.File
	// SameGroup leaves the program in the caller's process group, for one that
	// shares the caller's terminal. Signals then go to the program alone.
	SameGroup bool
	// Isolate starts the program as the first process of namespaces of its own, for
	// processes, mounts, the network, IPC and the host name. When it ends, the
	// kernel ends all that runs in them, and with them go their mounts and network
	// interfaces. Linux only, and only for root.
	Isolate bool
	// Guard, if not nil, ends the process group when this process dies.
	Guard *Guard
}
