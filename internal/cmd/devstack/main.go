// Command devstack runs the embedded stack: a Prefect Server, a Kubernetes
// control plane, a virtual or a real node and an agent, for the demonstration and
// for tests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"k8s.io/klog/v2"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/kubelet"
)

// Exit codes of this program; exec passes on those of its command.
const (
	exitFailure = 1
	exitUsage   = 2
)

// command is one subcommand.
type command struct {
	name, synopsis, help string
	// run does the work. An error of type exitCodeError ends the program without a
	// message of its own.
	run func(ctx context.Context, arguments []string) error
}

func commands() []command {
	return []command{
		{"up", "[flags]", "start the stack, print the environment to use it, and run until interrupted", up},
		{"exec", "[flags] -- COMMAND [ARGUMENT...]", "start the stack, run a command with its environment, and stop the stack", execute},
		{"demo", "[flags]", "run the walk-through of examples/quickstart on a stack and check its claims", demo},
		{"check-node", "", "print why a real node cannot run on this machine; nothing if it can", checkNode},
		{kubelet.InitArgument, "FILE", "the first process of a real node, started by --node real", nodeInit},
		{"flow-run", "", "execute the flow run named in the environment, as the virtual node does", flowRun},
		{"in-pod", "server ADDRESS | agent | migrations | hasura", "run a part of the Server or the agent as a chart's container does, configured by the environment", inPod},
	}
}

// exitCodeError ends the program with the exit code of its command.
type exitCodeError int

// Error implements error.
func (e exitCodeError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	// client-go's own log lines would end up between the command's.
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	os.Exit(run(context.Background(), os.Args[1:], os.Stderr))
}

func run(ctx context.Context, arguments []string, messages io.Writer) int {
	if len(arguments) == 0 || arguments[0] == "help" || arguments[0] == "-h" || arguments[0] == "--help" {
		usage(messages)
		return exitUsage
	}
	for _, c := range commands() {
		if c.name != arguments[0] {
			continue
		}
		err := c.run(ctx, arguments[1:])
		var code exitCodeError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &code):
			return int(code)
		case errors.Is(err, flag.ErrHelp):
			return exitUsage
		}
		_, _ = fmt.Fprintf(messages, "devstack %s: %v\n", c.name, err)
		return exitFailure
	}
	_, _ = fmt.Fprintf(messages, "devstack: there is no command %q\n\n", arguments[0])
	usage(messages)
	return exitUsage
}

func usage(out io.Writer) {
	_, _ = fmt.Fprintln(out, "Usage:")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(out, "  devstack %s %s\n      %s\n", c.name, c.synopsis, c.help)
	}
	_, _ = fmt.Fprintln(out, "Flags of a command: devstack COMMAND --help")
}
