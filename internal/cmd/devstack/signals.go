package main

import (
	"os"
	"os/signal"
	"syscall"
)

// signals receives signals to end this program.
type signals struct{ received chan os.Signal }

func listen() *signals {
	s := &signals{received: make(chan os.Signal, 8)}
	signal.Notify(s.received, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	return s
}

func (s *signals) close() { signal.Stop(s.received) }

// terminal reports whether a file is a terminal.
func terminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && file.Name() != os.DevNull && !isNull(info)
}

// colourful reports whether to use colours: on a terminal that supports them, unless NO_COLOR is set.
func colourful(file *os.File) bool {
	return terminal(file) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// isNull reports whether a file is the null device, which is also a character device.
func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
