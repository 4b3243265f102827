package adopt

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Exit codes of the command, as shells expect them.
const (
	exitFailed = 1
	exitUsage  = 2
)

const usage = `Usage: terraform-provider-prefect adopt [options]

Writes a Terraform configuration for the objects on a Prefect Server: HCL for its projects, flows, flow groups and
cloud hooks, one file for each flow's build document, and import blocks. Applying it imports everything and changes nothing.
It overwrites no files.

Options:
`

// repeated is a flag that may be given several times.
type repeated []string

func (r *repeated) String() string { return strings.Join(*r, ", ") }

func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

// Command runs the command and returns its exit code.
func Command(ctx context.Context, server tfprotov6.ProviderServer, arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("adopt", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		flags.PrintDefaults()
	}
	endpoint := flags.String("endpoint", "", "`URL` of the Server's API, such as http://localhost:4200; default: the Prefect client's")
	tenant := flags.String("tenant", "", "`slug` or id of the tenant; default: the Prefect client's, else the Server's only tenant")
	out := flags.String("out", ".", "`directory` to write to")
	var projects repeated
	flags.Var(&projects, "project", "`name` of a project; may be repeated; default: all, including the hooks on all flows")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "adopt: unexpected argument %q\n", flags.Arg(0))
		return exitUsage
	}
	made, err := Configuration(ctx, Options{Endpoint: *endpoint, Tenant: *tenant, Projects: projects, Server: server})
	if err == nil {
		err = made.Write(*out)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "adopt: %v\n", err)
		return exitFailed
	}
	report(made, *out, stdout)
	return 0
}

// report prints what was written and the next steps.
func report(made *Result, dir string, stdout io.Writer) {
	var b strings.Builder
	if dir == "." {
		dir = "the current directory"
	}
	fmt.Fprintf(&b, "Wrote %d files to %s: %d projects, %d flows, %d flow groups with their own settings, %d cloud hooks.\n",
		len(made.Files), dir, made.Projects, made.Flows, made.FlowGroups, made.CloudHooks)
	for _, warning := range made.Warnings {
		fmt.Fprintf(&b, "\nWarning: %s\n", warning)
	}
	for _, file := range made.Secret {
		fmt.Fprintf(&b, "\n%s contains secrets of cloud hooks: keep it out of version control.\n", file)
	}
	b.WriteString("\nFlow runs, archived flows and old versions stay on the Server, outside Terraform.\n")
	b.WriteString("\nNext: terraform init && terraform plan. The plan imports everything and changes nothing.\n")
	_, _ = io.WriteString(stdout, b.String())
}
