package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/controlplane"
)

// errInterrupted ends a start that a signal has interrupted.
var errInterrupted = errors.New("interrupted")

// labelList is a flag with labels, separated by commas or given several times.
type labelList []string

// String implements flag.Value.
func (l *labelList) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *labelList) Set(value string) error {
	for label := range strings.SplitSeq(value, ",") {
		if label = strings.TrimSpace(label); label != "" {
			*l = append(*l, label)
		}
	}
	return nil
}

// stackFlags adds the flags of every command that starts a stack. The returned function gives the options
// once the flags have been parsed.
func stackFlags(flags *flag.FlagSet) func() devstack.Options {
	var options devstack.Options
	var labels labelList
	var quiet, verbose bool
	flags.StringVar(&options.BinDir, "bin-dir", controlplane.DefaultBinDir(), "`directory` of the control plane's programs ("+controlplane.MakeTarget+")")
	flags.StringVar(&options.DataDir, "data-dir", "", "`directory` that keeps the cluster's data (default: a temporary one, removed at the end)")
	flags.StringVar(&options.Kubeconfig, "kubeconfig", "", "use the cluster of this `file` instead of starting one")
	flags.Func("node", "the cluster's node: a virtual one `auto` (if the cluster has none), always or never, or a real one", func(value string) error {
		options.Node = devstack.NodeMode(value)
		return nil
	})
	flags.StringVar(&options.Listen, "listen", "", "`address` of the Prefect Server (default: a free port of 127.0.0.1, or of the address that the real node's pods reach)")
	flags.StringVar(&options.Namespace, "namespace", "", "`namespace` of the agent's Jobs (default: default)")
	flags.Var(&labels, "labels", "the agent's labels, separated by commas")
	flags.BoolVar(&options.ClusterOnly, "cluster-only", false, "start neither Prefect Server nor agent, and set only PREFECT_ACC_KUBECONFIG")
	flags.BoolVar(&options.KeepFinishedJobs, "keep-finished-jobs", false, "make the agent keep finished Jobs in the cluster")
	flags.BoolVar(&quiet, "quiet", false, "no progress lines")
	flags.BoolVar(&verbose, "verbose", false, "log what the parts do")
	return func() devstack.Options {
		options.Labels = labels
		if !quiet {
			options.Progress = progress
		}
		if verbose {
			options.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		return options
	}
}

func progress(line string) {
	_, _ = fmt.Fprintf(os.Stderr, "devstack: %s\n", line)
}

// startStack starts a stack. A signal stops the start, and a second signal ends the program at once.
func startStack(ctx context.Context, options devstack.Options, signals *signals) (*devstack.Stack, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	started := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case signal := <-signals.received:
			progress("stopping after " + signal.String())
			cancel(errInterrupted)
		case <-started:
		}
	})
	stack, err := devstack.Start(ctx, options)
	close(started)
	watching.Wait()
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return nil, errInterrupted
	}
	if err == nil && ctx.Err() != nil {
		return nil, errors.Join(errInterrupted, stack.Stop())
	}
	return stack, err
}

// stopStack stops a stack and prints a message if that takes long.
func stopStack(stack *devstack.Stack) error {
	slow := time.AfterFunc(3*time.Second, func() { progress("stopping") })
	defer slow.Stop()
	return stack.Stop()
}

// export formats the shell command that sets a variable.
func export(variable string) string {
	name, value, _ := strings.Cut(variable, "=")
	return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
