package cloudhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// model is the resource's attributes. Write-only attributes have values only in a configuration.
type model struct {
	ID             types.String `tfsdk:"id"`
	TenantID       types.String `tfsdk:"tenant_id"`
	Name           types.String `tfsdk:"name"`
	States         types.Set    `tfsdk:"states"`
	VersionGroupID types.String `tfsdk:"version_group_id"`
	Active         types.Bool   `tfsdk:"active"`
	Type           types.String `tfsdk:"type"`

	Webhook        types.Object `tfsdk:"webhook"`
	Slack          types.Object `tfsdk:"slack"`
	PagerDuty      types.Object `tfsdk:"pagerduty"`
	Twilio         types.Object `tfsdk:"twilio"`
	PrefectMessage types.Object `tfsdk:"prefect_message"`
}

// receiver is the part of the model for one kind of receiver. text maps its values to the Server's names.
type receiver struct {
	attribute string
	kind      string
	value     types.Object
}

func (m *model) receivers() []receiver {
	return []receiver{
		{"webhook", prefect.CloudHookWebhook, m.Webhook},
		{"slack", prefect.CloudHookSlack, m.Slack},
		{"pagerduty", prefect.CloudHookPagerDuty, m.PagerDuty},
		{"twilio", prefect.CloudHookTwilio, m.Twilio},
		{"prefect_message", prefect.CloudHookPrefectMessage, m.PrefectMessage},
	}
}

// receiver returns the configured receiver; ok is false if it is not known.
func (m *model) receiver() (found receiver, ok bool) {
	for _, r := range m.receivers() {
		if r.value.IsUnknown() {
			return receiver{}, false
		}
		if !r.value.IsNull() {
			found, ok = r, true
		}
	}
	return found, ok
}

// kind returns the type on the Server; unknown if it depends on unknown values.
func (m *model) kind() types.String {
	if r, ok := m.receiver(); ok {
		return types.StringValue(r.kind)
	}
	return types.StringUnknown()
}

// config returns the Server's configuration of a hook, by the Server's names. Values are strings, and a
// sorted list of strings for `to`. Call it on a configuration, because only that has the secrets. ok is false
// while a value is unknown. secrets are the secret values.
func (r receiver) config() (config map[string]any, secrets []string, ok bool) {
	if !framework.FullyKnown(r.value) {
		return nil, nil, false
	}
	config = map[string]any{}
	for name, value := range r.value.Attributes() {
		if value.IsNull() || strings.HasSuffix(name, "_wo_version") {
			continue
		}
		key, secret := strings.CutSuffix(name, "_wo")
		switch value := value.(type) {
		case types.String:
			config[key] = value.ValueString()
			if secret {
				secrets = append(secrets, value.ValueString())
			}
		case types.Set:
			config[key] = anyList(value)
		}
	}
	return config, secrets, true
}

func anyList(set types.Set) []any {
	var list []string
	for _, element := range set.Elements() {
		if text, ok := element.(types.String); ok {
			list = append(list, text.ValueString())
		}
	}
	return sorted(list)
}

func sorted(list []string) []any {
	slices.Sort(list)
	out := make([]any, 0, len(list))
	for _, text := range list {
		out = append(out, text)
	}
	return out
}

// held returns the Server's configuration of a hook, in the form of config.
func held(hook *prefect.CloudHook) map[string]any {
	config := map[string]any{}
	if json.Unmarshal(hook.Config, &config) != nil {
		return nil
	}
	for key, value := range config {
		list, ok := value.([]any)
		if !ok {
			continue
		}
		texts := make([]string, 0, len(list))
		for _, one := range list {
			texts = append(texts, fmt.Sprint(one))
		}
		config[key] = sorted(texts)
	}
	return config
}

// secretsOf returns the values of a hook on the Server that may be secret.
func secretsOf(config map[string]any) []string {
	var secrets []string
	for _, key := range []string{"url", "api_token", "routing_key", "auth_token"} {
		if text, ok := config[key].(string); ok {
			secrets = append(secrets, text)
		}
	}
	return secrets
}

// refresh updates the model from the hook, except for secrets.
func (m *model) refresh(ctx context.Context, hook *prefect.CloudHook) diag.Diagnostics {
	m.ID = types.StringValue(hook.ID)
	m.TenantID = types.StringValue(hook.TenantID)
	m.Name = framework.StringOrNull(hook.Name)
	m.VersionGroupID = framework.StringOrNull(hook.VersionGroupID)
	m.Active = types.BoolValue(hook.Active)
	m.Type = types.StringValue(hook.Type)
	states := make([]string, 0, len(hook.States))
	for _, state := range hook.States {
		states = append(states, spelled(state))
	}
	set, diags := framework.StringSet(ctx, states)
	m.States = set
	diags.Append(m.refreshReceiver(ctx, hook)...)
	return diags
}

// imported gives an imported hook the versions of its secrets.
func (m *model) imported(ctx context.Context, hook *prefect.CloudHook) diag.Diagnostics {
	first := types.Int64Value(1)
	empty(m)
	var diags diag.Diagnostics
	set := func(into *types.Object, value any) {
		object, d := types.ObjectValueFrom(ctx, into.AttributeTypes(ctx), value)
		diags.Append(d...)
		*into = object
	}
	switch hook.Type {
	case prefect.CloudHookWebhook:
		set(&m.Webhook, webhook{Version: first})
	case prefect.CloudHookSlack:
		set(&m.Slack, slack{Version: first})
	case prefect.CloudHookPagerDuty:
		set(&m.PagerDuty, pagerDuty{APITokenVersion: first, RoutingKeyVersion: first})
	case prefect.CloudHookTwilio:
		set(&m.Twilio, twilio{AuthTokenVersion: first, To: types.SetNull(types.StringType)})
	case prefect.CloudHookPrefectMessage:
		set(&m.PrefectMessage, struct{}{})
	}
	diags.Append(m.refresh(ctx, hook)...)
	return diags
}
