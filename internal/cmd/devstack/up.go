package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	walkthrough "github.com/prefect-server/terraform-provider-prefect/internal/devstack/demo"
)

// up starts a stack, prints what examples/quickstart needs and waits.
func up(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("devstack up", flag.ContinueOnError)
	options := stackFlags(flags)
	if err := flags.Parse(arguments); err != nil {
		return usageError(err)
	}
	stackOptions := options()
	if len(stackOptions.Labels) == 0 {
		stackOptions.Labels = []string{demoLabel}
	}
	dir, err := os.MkdirTemp("", "prefect-up-")
	if err != nil {
		return fmt.Errorf("make a directory for the configuration of Terraform: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cliConfig := filepath.Join(dir, "terraform.rc")
	providerDir, err := filepath.Abs(stackOptions.BinDir)
	if err == nil {
		err = walkthrough.WriteCLIConfig(cliConfig, providerDir)
	}
	if err != nil {
		return fmt.Errorf("write the configuration of Terraform: %w", err)
	}
	signals := listen()
	defer signals.close()
	stack, err := startStack(ctx, stackOptions, signals)
	if err != nil {
		return err
	}
	for _, variable := range quickstart(stack, cliConfig) {
		fmt.Println(export(variable))
	}
	progress("with these variables: cd examples/quickstart && terraform apply")
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

// quickstart returns the environment for examples/quickstart on a stack.
func quickstart(stack *devstack.Stack, cliConfig string) []string {
	labels, err := json.Marshal(stack.Labels())
	if err != nil { // cannot be: they are strings
		labels = []byte("[]")
	}
	return append(stack.Environment(),
		"TF_CLI_CONFIG_FILE="+cliConfig,
		"TF_VAR_kubeconfig="+stack.Kubeconfig,
		"TF_VAR_namespace="+stack.Namespace,
		"TF_VAR_labels="+string(labels),
	)
}

// usageError converts an error of the flag package, which has printed it, to an exit code.
func usageError(error) error { return exitCodeError(exitUsage) }
