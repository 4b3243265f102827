package cloudhook

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// listModel is the list block's configuration.
type listModel struct {
	TenantID       types.String `tfsdk:"tenant_id"`
	NameLike       types.String `tfsdk:"name_like"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	Type           types.String `tfsdk:"type"`
}

// NewListResource returns the list resource prefect_cloud_hook.
func NewListResource() list.ListResource {
	return framework.NewListResource(framework.ListResource[listModel, prefect.CloudHook, model]{
		Name: "cloud_hook",
		Schema: func() listschema.Schema {
			return listschema.Schema{
				MarkdownDescription: "The cloud hooks of a tenant, oldest first. As with an import, a hook has no secrets.",
				Attributes: map[string]listschema.Attribute{
					"tenant_id": framework.ListTenant(),
					"name_like": framework.ListFilter("Pattern for the name: `%` matches any text and `_` any character; case does not matter.",
						framework.NotBlank()),
					"version_group_id": framework.ListFilter("Only hooks on this flow: the `id` of a `prefect_flow`.", framework.NotBlank()),
					"type": framework.ListFilter("Only hooks of this type: `WEBHOOK`, `SLACK_WEBHOOK`, `PAGERDUTY`, `TWILIO` or `PREFECT_MESSAGE`.",
						framework.OneOf(prefect.CloudHookWebhook, prefect.CloudHookSlack, prefect.CloudHookPagerDuty, prefect.CloudHookTwilio, prefect.CloudHookPrefectMessage)),
				},
			}
		},
		Query: func(ctx context.Context, data *framework.ProviderData, config *listModel, _ int) ([]prefect.CloudHook, diag.Diagnostics) {
			hooks, err := data.Client(config.TenantID).ListCloudHooks(ctx, prefect.CloudHookFilter{
				NameLike: config.NameLike.ValueString(), VersionGroupID: config.VersionGroupID.ValueString(), Type: config.Type.ValueString(),
			})
			return hooks, framework.Failure{Summary: "Could not list the cloud hooks"}.DiagnoseIn(err, config.TenantID)
		},
		Identity: func(hook *prefect.CloudHook) (id, displayName string) {
			name := hook.ID
			if hook.Name != nil && *hook.Name != "" {
				name = *hook.Name
			}
			return hook.ID, fmt.Sprintf("%s (%s)", name, hook.Type)
		},
		Resources: framework.EachResource[listModel](func(ctx context.Context, hook *prefect.CloudHook) (m model, _ diag.Diagnostics) {
			diags := hidden(m.imported(ctx, hook), secretsOf(held(hook)))
			return m, diags
		}),
	})
}
