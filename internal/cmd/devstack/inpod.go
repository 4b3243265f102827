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

// inPod runs a part of the stack in the foreground until it is stopped, like a container's command.
func inPod(ctx context.Context, arguments []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	var err error
	switch {
	case len(arguments) == 2 && arguments[0] == "server":
		err = inpod.Server(ctx, arguments[1], logger)
	case len(arguments) == 1 && arguments[0] == "migrations":
		err = inpod.CheckDatabase(os.Getenv)
	case len(arguments) == 1 && arguments[0] == "hasura":
		if err = inpod.CheckDatabase(os.Getenv); err == nil {
			<-ctx.Done()
		}
	case len(arguments) == 1 && arguments[0] == "agent":
		err = inpod.Agent(ctx, os.Getenv, logger)
	default:
		_, _ = fmt.Fprintln(os.Stderr, "devstack in-pod: the part to run is missing: devstack in-pod server ADDRESS, agent, migrations or hasura")
		return exitCodeError(exitUsage)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}
