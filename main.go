// Command terraform-provider-prefect serves the Terraform provider for Prefect
// Server 1.x. Terraform starts it; people do not.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

// version is set by the release build with -ldflags "-X main.version=...".
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger, and print how to attach Terraform to it")
	flag.Parse()

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address:         provider.Address,
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	framework.Finish()
	if err != nil {
		log.Fatal(err)
	}
}
