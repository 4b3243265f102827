package main

import (
	"context"
	"flag"
	"fmt"
)

// up starts a stack, prints its environment and waits.
func up(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("devstack up", flag.ContinueOnError)
	options := stackFlags(flags)
	if err := flags.Parse(arguments); err != nil {
		return usageError(err)
	}
	signals := listen()
	defer signals.close()
	stack, err := startStack(ctx, options(), signals)
	if err != nil {
		return err
	}
	for _, variable := range stack.Environment() {
		fmt.Println(export(variable))
	}
	progress("running until interrupted (Ctrl-C)")
	select {
	case <-signals.received:
	case <-stack.Done():
		err = stack.Err()
	case <-ctx.Done():
	}
	if stopErr := stopStack(stack); err == nil {
		err = stopErr
	}
	return err
}

// usageError turns an error of the flag package, which has printed it, into an
// exit code.
func usageError(error) error { return exitCodeError(exitUsage) }
