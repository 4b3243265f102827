package main

import (
	"context"
	"fmt"
	"os"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/executor"
)

// flowRun executes the flow run named in the environment. Like the real command, it does not handle signals:
// a signal that ends the container ends it without a further message to the Server.
func flowRun(ctx context.Context, _ []string) error {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	options, err := executor.FromEnvironment(os.Getenv, home, os.Stdout)
	if err != nil {
		return fmt.Errorf("prefect execute flow-run: %w", err)
	}
	options.Exit = os.Exit
	if code := executor.Run(ctx, options); code != 0 {
		return exitCodeError(code)
	}
	return nil
}
