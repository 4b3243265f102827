// Package akstoken implements the ephemeral resource prefect_aks_token.
package akstoken

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/azuresignin"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/entra"
)

const (
	// patience is how long Microsoft Entra ID may take, including retries.
	patience = 2 * time.Minute
	// warnBefore is how long before the token's expiry to warn.
	warnBefore = time.Minute
	// endKey is the private data key of the token's expiry.
	endKey = "expires_at"
)

// token implements the ephemeral resource prefect_aks_token.
type token struct{}

var (
	_ ephemeral.EphemeralResourceWithRenew          = (*token)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*token)(nil)
)

// NewEphemeralResource returns the ephemeral resource prefect_aks_token.
func NewEphemeralResource() ephemeral.EphemeralResource { return &token{} }

// model is the ephemeral resource's attributes.
type model struct {
	azuresignin.Model

	Token     types.String `tfsdk:"token"`
	ExpiresAt types.String `tfsdk:"expires_at"`
}

// Metadata sets the type name.
func (*token) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aks_token"
}

// Schema describes the ephemeral resource.
func (*token) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	attributes := azuresignin.EphemeralAttributes()
	attributes["token"] = schema.StringAttribute{
		Computed: true, Sensitive: true, MarkdownDescription: "The token, for the `token` of another provider's `kubernetes`.",
	}
	attributes["expires_at"] = schema.StringAttribute{
		Computed: true, MarkdownDescription: "When the token expires, in RFC 3339. Microsoft Entra ID issues tokens for 60 to 90 minutes.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A Microsoft Entra ID token for AKS clusters, for providers that accept a token and do not sign in themselves, such as `helm` and " +
			"`kubernetes`. It needs neither `kubelogin` nor `az`, and no configuration of this provider. One token works for all clusters of the tenant, even " +
			"for one that the same apply creates. It is in neither plan nor state. " +
			"Needs Terraform 1.10 or OpenTofu 1.11.\n\n" + azuresignin.Choice + "\n\n" +
			"Each plan and each apply gets a new token. A provider cannot renew it during an apply, so an apply that still needs " +
			"the cluster after the token has expired fails, with a warning. Apply again to continue with a new token.",
		Attributes: attributes,
	}
}

// ValidateConfig rejects conflicting ways to sign in.
func (*token) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(azuresignin.Diagnose(path.Empty(), m.Config().CheckWays())...)
	}
}

// Open gets a token.
func (*token) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	tokens, err := entra.NewTokens(m.Config(), nil)
	if err != nil {
		resp.Diagnostics.Append(azuresignin.Diagnose(path.Empty(), err)...)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, ends, err := tokens.TokenUntil(ctx)
	if err != nil {
		resp.Diagnostics.Append(azuresignin.Diagnose(path.Empty(), err)...)
		return
	}
	m.Token, m.ExpiresAt = types.StringValue(got), types.StringValue(ends.UTC().Format(time.RFC3339))
	resp.RenewAt = ends.Add(-warnBefore)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, endKey, []byte(strconv.Quote(m.ExpiresAt.ValueString())))...)
	resp.Diagnostics.Append(resp.Result.Set(ctx, m)...)
}

// Renew warns that the token is about to expire: those who have it cannot get a new one.
func (*token) Renew(ctx context.Context, req ephemeral.RenewRequest, resp *ephemeral.RenewResponse) {
	raw, diags := req.Private.GetKey(ctx, endKey)
	resp.Diagnostics.Append(diags...)
	var ends string
	if err := json.Unmarshal(raw, &ends); err != nil {
		ends = "once"
	}
	resp.Diagnostics.AddWarning("The token for the AKS cluster is about to expire",
		"The token of this apply expires at "+ends+". The cluster then refuses requests (401).\n\n"+
			"If the apply fails because of that, apply again to continue with a new token.")
}
