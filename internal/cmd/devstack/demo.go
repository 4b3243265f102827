package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack"
	walkthrough "github.com/prefect-server/terraform-provider-prefect/internal/devstack/demo"
)

// demoLabel is the label of the example flow's run.
const demoLabel = "k8s"

// demo starts a stack, runs the walk-through on it, and stops it unless -keep is set.
func demo(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("devstack demo", flag.ContinueOnError)
	options := stackFlags(flags)
	cli := flags.String("terraform", "terraform", "the Terraform or OpenTofu `command`")
	keep := flags.Bool("keep", false, "keep the stack up after the first apply and print how to use it, until interrupted")
	all := flags.Bool("show-terraform", false, "show all of Terraform's output, not only a summary")
	if err := flags.Parse(arguments); err != nil {
		return usageError(err)
	}
	stackOptions := options()
	if len(stackOptions.Labels) == 0 {
		stackOptions.Labels = []string{demoLabel}
	}
	// The walk-through inspects the finished Job, which the agent would delete within a minute.
	stackOptions.KeepFinishedJobs = true
	root, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the project: %w", err)
	}
	dir, err := os.MkdirTemp("", "prefect-demo-")
	if err != nil {
		return fmt.Errorf("make a working directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	signals := listen()
	defer signals.close()
	stack, err := startStack(ctx, stackOptions, signals)
	if err != nil {
		return err
	}
	providerDir, err := filepath.Abs(stackOptions.BinDir)
	if err == nil {
		err = walk(ctx, stack, signals, dir, walkthrough.Options{
			API: stack.API, TenantID: stack.TenantID, Kubeconfig: stack.Kubeconfig, Namespace: stack.Namespace,
			Terraform: *cli, ProviderDir: providerDir, Root: root, KeepResources: *keep, Out: os.Stdout,
			ShowTerraform: *all, Colour: colourful(os.Stdout),
		})
	}
	return errors.Join(err, stopStack(stack))
}

// walk runs the walk-through until it ends, a signal arrives or a part of the stack fails.
func walk(ctx context.Context, stack *devstack.Stack, signals *signals, dir string, options walkthrough.Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	finished := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case signal := <-signals.received:
			progress("stopping after " + signal.String() + "; Terraform saves its state first")
			cancel(errInterrupted)
		case <-stack.Done():
			cancel(stack.Err())
		case <-finished:
		}
	})
	result, err := walkthrough.Run(ctx, dir, options)
	close(finished)
	watching.Wait()
	if err != nil || !options.KeepResources {
		return err
	}
	show(stack, result)
	select {
	case <-signals.received:
	case <-stack.Done():
		err = stack.Err()
	}
	fmt.Println("\nDeleted: " + deleted(stack, dir))
	return err
}

// show prints how to use a stack that is kept up, and what stopping it deletes.
func show(stack *devstack.Stack, result *walkthrough.Result) {
	fmt.Println("\nThe stack stays up until Ctrl-C. In another shell:")
	for _, variable := range quickstart(stack, result.CLIConfig) {
		fmt.Println("  " + export(variable))
	}
	fmt.Printf("  cd %s && terraform plan    # or: kubectl get jobs, pods\n", result.Directory)
	fmt.Printf("Ctrl-C deletes all of this without a `terraform destroy`: %s\n", deleted(stack, filepath.Dir(result.Directory)))
}

// deleted describes what ends with a stack.
func deleted(stack *devstack.Stack, dir string) string {
	cluster := "the cluster with its Jobs"
	if !stack.OwnCluster() {
		cluster = "but not your cluster, where finished Jobs stay"
	}
	return "the Prefect Server with all its records, " + cluster + ", and " + dir + " with Terraform's state."
}
