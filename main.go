// Command terraform-provider-prefect serves the Terraform provider for Prefect Server 1.x to Terraform, which
// starts it. The subcommand `terraform-provider-prefect adopt` writes a configuration for the objects on a
// Server.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/prefect-server/terraform-provider-prefect/internal/adopt"
	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// version is set by the release build with -ldflags "-X main.version=...".
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger, and print how to attach Terraform to it")
	flag.Parse()

	server, err := provider.NewServer(version)
	if err != nil {
		log.Fatal(err)
	}
	if flag.Arg(0) == "adopt" {
		os.Exit(adopted(server))
	}
	var options []tf6server.ServeOpt
	if *debug { // messages go to the terminal
		options = append(options, tf6server.WithManagedDebug())
	} else {
		provider.Tune()
	}
	err = tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return server }, options...)
	server.Finish()
	if err != nil {
		log.Fatal(err)
	}
}

// adopted runs the command adopt until it finishes or is interrupted.
func adopted(server tfprotov6.ProviderServer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return adopt.Command(ctx, server, flag.Args()[1:], os.Stdout, os.Stderr)
}
