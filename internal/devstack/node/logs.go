package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// containerLogs are the logs of a container's last two starts.
type containerLogs struct{ current, previous *logFile }

// logFile collects the output of one process in memory, line by line with the
// time of arrival.
type logFile struct {
	mu      sync.Mutex
	lines   []logLine
	closed  bool
	changed chan struct{}
}

type logLine struct {
	at   time.Time
	text []byte // with its newline, if it had one
}

// maxLogLines bounds the memory of one log; the oldest lines go first.
const maxLogLines = 100_000

func newLogFile() *logFile { return &logFile{changed: make(chan struct{})} }

// openLog starts a new log for the container, and keeps the last one as the
// previous.
func (r *run) openLog() (*logFile, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	logs := r.logs[r.spec.Name]
	if logs == nil {
		logs = &containerLogs{}
		r.logs[r.spec.Name] = logs
	}
	logs.previous, logs.current = logs.current, newLogFile()
	return logs.current, nil
}

// log finds the log of a container; nil if it has not run.
func (w *worker) log(container string, previous bool) *logFile {
	w.mu.Lock()
	defer w.mu.Unlock()
	logs := w.logs[container]
	switch {
	case logs == nil:
		return nil
	case previous:
		return logs.previous
	default:
		return logs.current
	}
}

// pipe returns the end of a pipe that a process writes to. The channel is closed when everything has been read.
func (l *logFile) pipe() (*os.File, <-chan struct{}, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("make a pipe for the container's output: %w", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = reader.Close() }()
		buffered := bufio.NewReader(reader)
		for {
			line, err := buffered.ReadBytes('\n')
			if len(line) > 0 {
				l.append(line)
			}
			if err != nil {
				return
			}
		}
	}()
	return writer, done, nil
}

func (l *logFile) append(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) >= maxLogLines {
		l.lines = append([]logLine(nil), l.lines[maxLogLines/10:]...)
	}
	l.lines = append(l.lines, logLine{at: time.Now().UTC(), text: text})
	l.wake()
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.wake()
}

func (l *logFile) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// tail is the end of the log, at most so many lines and bytes.
func (l *logFile) tail(lines, size int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out strings.Builder
	for _, line := range l.lines[max(0, len(l.lines)-lines):] {
		out.Write(line.text)
	}
	text := out.String()
	return strings.ToValidUTF8(text[max(0, len(text)-size):], "")
}

// logRequest says which part of a log is wanted.
type logRequest struct {
	follow, timestamps bool
	// tail is a number of lines; negative means all.
	tail int
	// limit is a number of bytes; negative means all.
	limit int64
	since time.Time
}

// copy writes the wanted part of the log. With follow it goes on until the log
// is closed.
func (l *logFile) copy(ctx context.Context, out io.Writer, flush func(), request logRequest) error {
	l.mu.Lock()
	// Positions count from the lines that are there now; lines dropped meanwhile
	// are lost to slow readers only.
	next := 0
	if request.tail >= 0 {
		next = max(0, len(l.lines)-request.tail)
	}
	l.mu.Unlock()
	limited := &limitedWriter{out: out, left: request.limit}
	for {
		l.mu.Lock()
		lines, closed, changed := l.lines[min(next, len(l.lines)):], l.closed, l.changed
		next = len(l.lines)
		l.mu.Unlock()
		for _, line := range lines {
			if line.at.Before(request.since) {
				continue
			}
			text := line.text
			if request.timestamps {
				text = append([]byte(line.at.Format(time.RFC3339Nano)+" "), text...)
			}
			if _, err := io.Copy(limited, bytes.NewReader(text)); err != nil {
				if errors.Is(err, errLimit) {
					return nil
				}
				return fmt.Errorf("write the log: %w", err)
			}
		}
		flush()
		if !request.follow || closed {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

var errLimit = errors.New("the wanted number of bytes has been written")

type limitedWriter struct {
	out  io.Writer
	left int64
}

// Write implements io.Writer.
func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.left < 0 {
		return w.out.Write(p)
	}
	if int64(len(p)) <= w.left {
		w.left -= int64(len(p))
		return w.out.Write(p)
	}
	n, err := w.out.Write(p[:w.left])
	w.left = 0
	if err == nil {
		err = errLimit
	}
	return n, err
}
