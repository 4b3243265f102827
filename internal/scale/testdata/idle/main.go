// Command idle is the provider with the same schemas, whose resources keep what is in the state: what such a plan costs,
// it costs any provider of the plugin framework that has these attributes.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	prefect "github.com/prefect-server/terraform-provider-prefect/internal/provider"
)

type idle struct{ provider.Provider }

func (idle) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (p idle) Resources(ctx context.Context) []func() resource.Resource {
	all := p.Provider.Resources(ctx)
	for i, served := range all {
		all[i] = func() resource.Resource {
			return kept{Resource: served(), identified: served().(resource.ResourceWithIdentity)}
		}
	}
	return all
}

type identified interface {
	IdentitySchema(ctx context.Context, req resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse)
}

// kept is a resource with the schemas of another.
type kept struct {
	resource.Resource
	identified
}

// Read sets the identity, which the framework requires.
func (kept) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var id types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &id)...)
	resp.Diagnostics.Append(framework.SetIdentity(ctx, resp.Identity, id.ValueString())...)
}

func main() {
	prefect.Tune()
	log.Fatal(providerserver.Serve(context.Background(), func() provider.Provider { return idle{prefect.New("idle")()} },
		providerserver.ServeOpts{Address: prefect.Address}))
}
