package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

// execute starts a stack, runs a command with its environment and stops it.
func execute(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("devstack exec", flag.ContinueOnError)
	options := stackFlags(flags)
	if err := flags.Parse(arguments); err != nil {
		return usageError(err)
	}
	if flags.NArg() == 0 {
		_, _ = fmt.Fprintln(os.Stderr, "devstack exec: the command to run is missing: devstack exec [flags] -- COMMAND [ARGUMENT...]")
		return exitCodeError(exitUsage)
	}
	path, err := exec.LookPath(flags.Arg(0))
	if err != nil {
		return fmt.Errorf("find the command: %w", err)
	}
	signals := listen()
	defer signals.close()
	stack, err := startStack(ctx, options(), signals)
	if err != nil {
		return err
	}
	err = runCommand(ctx, stack, signals, path, flags.Args()[1:])
	if stopErr := stopStack(stack); err == nil {
		err = stopErr
	}
	return err
}

// runCommand runs the command to its end and forwards signals to it.
func runCommand(ctx context.Context, stack *devstack.Stack, signals *signals, path string, arguments []string) error {
	// On a terminal the command stays in this program's process group, so that
	// it can read from the terminal, which sends it Ctrl-C as well. Otherwise it
	// leads a group of its own and gets everything from here.
	onTerminal := terminal(os.Stdin)
	guard, err := process.NewGuard(ctx)
	if err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	defer func() { _ = guard.Close() }()
	p, err := process.Start(ctx, process.Spec{
		Path: path, Args: arguments, Env: append(os.Environ(), stack.Environment()...),
		Input: os.Stdin, Output: os.Stdout, Errors: os.Stderr, SameGroup: onTerminal, Guard: guard,
	})
	if err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	failed := stack.Done()
	for {
		select {
		case <-p.Done():
			return commandResult(p, stack)
		case received := <-signals.received:
			number, ok := received.(syscall.Signal)
			if !ok || (onTerminal && (number == syscall.SIGINT || number == syscall.SIGQUIT)) {
				continue
			}
			if err := p.Signal(number); err != nil {
				progress(err.Error())
			}
		case <-failed:
			failed = nil
			progress("a part of the stack has ended: " + stack.Err().Error())
		}
	}
}

// commandResult returns the command's exit code.
func commandResult(p *process.Process, stack *devstack.Stack) error {
	err := p.Err()
	var exit *process.ExitError
	switch {
	case errors.As(err, &exit):
		return exitCodeError(exit.ShellCode())
	case err != nil:
		return fmt.Errorf("run the command: %w", err)
	case stack.Err() != nil:
		return fmt.Errorf("a part of the stack has ended: %w", stack.Err())
	}
	return nil
}
