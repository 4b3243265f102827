package main

import (
	"context"
	"fmt"
	"os"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/kubelet"
)

// checkNode reports why a real node cannot run here.
func checkNode(ctx context.Context, _ []string) error { return kubelet.Check(ctx) }

// nodeInit is the first process of a real node.
func nodeInit(_ context.Context, arguments []string) error {
	if len(arguments) != 1 {
		_, _ = fmt.Fprintf(os.Stderr, "devstack %s: exactly one file is required\n", kubelet.InitArgument)
		return exitCodeError(exitUsage)
	}
	if code := kubelet.Main(arguments[0]); code != 0 { //nolint:contextcheck // the first process of a node ends by signals alone
		return exitCodeError(code)
	}
	return nil
}
