package cloudhook

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

type webhook struct {
	URL       types.String `tfsdk:"url"`
	SecretURL types.String `tfsdk:"url_wo"`
	Version   types.Int64  `tfsdk:"url_wo_version"`
}

type slack struct {
	SecretURL types.String `tfsdk:"url_wo"`
	Version   types.Int64  `tfsdk:"url_wo_version"`
}

type pagerDuty struct {
	APIToken          types.String `tfsdk:"api_token_wo"`
	APITokenVersion   types.Int64  `tfsdk:"api_token_wo_version"`
	RoutingKey        types.String `tfsdk:"routing_key_wo"`
	RoutingKeyVersion types.Int64  `tfsdk:"routing_key_wo_version"`
	Severity          types.String `tfsdk:"severity"`
}

type twilio struct {
	AccountSID          types.String `tfsdk:"account_sid"`
	AuthToken           types.String `tfsdk:"auth_token_wo"`
	AuthTokenVersion    types.Int64  `tfsdk:"auth_token_wo_version"`
	MessagingServiceSID types.String `tfsdk:"messaging_service_sid"`
	To                  types.Set    `tfsdk:"to"`
}

// empty sets the receivers that are not configured to typed nulls.
func empty(m *model) {
	text, number := types.StringType, types.Int64Type
	m.Webhook = types.ObjectNull(map[string]attr.Type{"url": text, "url_wo": text, "url_wo_version": number})
	m.Slack = types.ObjectNull(map[string]attr.Type{"url_wo": text, "url_wo_version": number})
	m.PagerDuty = types.ObjectNull(map[string]attr.Type{
		"api_token_wo": text, "api_token_wo_version": number, "routing_key_wo": text, "routing_key_wo_version": number, "severity": text,
	})
	m.Twilio = types.ObjectNull(map[string]attr.Type{
		"account_sid": text, "auth_token_wo": text, "auth_token_wo_version": number, "messaging_service_sid": text,
		"to": types.SetType{ElemType: text},
	})
	m.PrefectMessage = types.ObjectNull(map[string]attr.Type{})
}

// refreshReceiver updates the values that are not secret. A hook cannot change its type.
func (m *model) refreshReceiver(ctx context.Context, hook *prefect.CloudHook) diag.Diagnostics {
	config := held(hook)
	text := func(key string) types.String {
		value, ok := config[key].(string)
		if !ok {
			return types.StringNull()
		}
		return types.StringValue(value)
	}
	var diags diag.Diagnostics
	switch hook.Type {
	case prefect.CloudHookWebhook:
		change(ctx, &m.Webhook, &diags, func(w *webhook) {
			if !w.URL.IsNull() {
				w.URL = text("url")
			}
		})
	case prefect.CloudHookPagerDuty:
		change(ctx, &m.PagerDuty, &diags, func(p *pagerDuty) { p.Severity = text("severity") })
	case prefect.CloudHookTwilio:
		change(ctx, &m.Twilio, &diags, func(w *twilio) {
			w.AccountSID, w.MessagingServiceSID = text("account_sid"), text("messaging_service_sid")
			numbers := []string{}
			list, _ := config["to"].([]any)
			for _, one := range list {
				if number, ok := one.(string); ok {
					numbers = append(numbers, number)
				}
			}
			to, d := framework.StringSet(ctx, numbers)
			diags.Append(d...)
			w.To = to
		})
	}
	return diags
}

// change modifies an object that is not null.
func change[T any](ctx context.Context, object *types.Object, diags *diag.Diagnostics, do func(*T)) {
	if object.IsNull() {
		return
	}
	var value T
	diags.Append(object.As(ctx, &value, basetypes.ObjectAsOptions{})...)
	if diags.HasError() {
		return
	}
	do(&value)
	changed, d := types.ObjectValueFrom(ctx, object.AttributeTypes(ctx), value)
	diags.Append(d...)
	*object = changed
}
