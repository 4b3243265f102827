package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/inpod"
)

// inPod runs a part of the stack in the foreground until it is told to stop, as
// a container's command does.
func inPod(ctx context.Context, arguments []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	var err error
	switch {
	case len(arguments) == 2 && arguments[0] == "server":
		err = inpod.Server(ctx, arguments[1], os.Getenv, logger)
	case len(arguments) == 1 && arguments[0] == "agent":
		err = inpod.Agent(ctx, os.Getenv, logger)
	default:
		_, _ = fmt.Fprintln(os.Stderr, "devstack in-pod: say what to run: devstack in-pod server ADDRESS, or devstack in-pod agent")
		return exitCodeError(exitUsage)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}
