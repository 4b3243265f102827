package cloudhook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

func hookOf(kind, config string) *prefect.CloudHook {
	return &prefect.CloudHook{ID: "id", TenantID: "tenant", Type: kind, States: []string{"FAILED", "TIMEDOUT", "NEWLYINVENTED"}, Config: []byte(config), Active: true}
}

// What an import puts into state holds no secret, and all that is none.
func TestImported(t *testing.T) {
	t.Parallel()
	for kind, test := range map[string]struct {
		config string
		given  func(model) types.Object
		want   []string
	}{
		prefect.CloudHookWebhook: {`{"url": "s3cr3t"}`, func(m model) types.Object { return m.Webhook }, []string{`"url":<null>`, `"url_wo_version":1`}},
		prefect.CloudHookSlack:   {`{"url": "s3cr3t"}`, func(m model) types.Object { return m.Slack }, []string{`"url_wo_version":1`}},
		prefect.CloudHookPagerDuty: {
			`{"api_token": "s3cr3t", "routing_key": "s3cr3t", "severity": "info"}`,
			func(m model) types.Object { return m.PagerDuty },
			[]string{`"api_token_wo_version":1`, `"routing_key_wo_version":1`, `"severity":"info"`},
		},
		prefect.CloudHookTwilio: {
			`{"account_sid": "AC", "auth_token": "s3cr3t", "messaging_service_sid": "MG", "to": ["+2", "+1"]}`,
			func(m model) types.Object { return m.Twilio },
			[]string{`"account_sid":"AC"`, `"auth_token_wo_version":1`, `"messaging_service_sid":"MG"`, `"to":["+1","+2"]`},
		},
		prefect.CloudHookPrefectMessage: {`{}`, func(m model) types.Object { return m.PrefectMessage }, []string{`{}`}},
	} {
		var m model
		if diags := m.imported(t.Context(), hookOf(kind, test.config)); diags.HasError() {
			t.Fatalf("%s: %v", kind, diags)
		}
		if text := fmt.Sprintf("%+v", m); strings.Contains(text, "s3cr3t") {
			t.Errorf("%s: a secret in %s", kind, text)
		}
		for _, part := range test.want {
			if text := test.given(m).String(); !strings.Contains(text, part) {
				t.Errorf("%s: no %s in %s", kind, part, text)
			}
		}
		if r, ok := m.receiver(); !ok || r.kind != kind {
			t.Errorf("%s: the receiver is %+v", kind, r)
		}
		states, _ := framework.Strings(t.Context(), m.States)
		if strings.Join(states, " ") != "Failed TimedOut NEWLYINVENTED" {
			t.Errorf("%s: states %v", kind, states)
		}
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	given := func(kind types.String) *model {
		m := &model{}
		empty(m)
		object, diags := types.ObjectValueFrom(t.Context(), m.Webhook.AttributeTypes(t.Context()), webhook{SecretURL: kind, Version: types.Int64Value(3)})
		if diags.HasError() {
			t.Fatal(diags)
		}
		m.Webhook = object
		return m
	}
	for name, test := range map[string]struct {
		hook         *prefect.CloudHook
		config       *model
		equal, known bool
	}{
		"same":         {hookOf("WEBHOOK", `{"url": "u"}`), given(types.StringValue("u")), true, true},
		"other secret": {hookOf("WEBHOOK", `{"url": "v"}`), given(types.StringValue("u")), false, true},
		"other type":   {hookOf("SLACK_WEBHOOK", `{"url": "u"}`), given(types.StringValue("u")), false, true},
		"more":         {hookOf("WEBHOOK", `{"url": "u", "x": 1}`), given(types.StringValue("u")), false, true},
		"unknown":      {hookOf("WEBHOOK", `{"url": "u"}`), given(types.StringUnknown()), false, false},
	} {
		if equal, known := has(test.hook, test.config); equal != test.equal || known != test.known {
			t.Errorf("%s: equal %t, known %t", name, equal, known)
		}
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	diags.AddError("a s3cr3t", "s3cr3t b")
	diags.AddAttributeError(path.Root("slack"), "s3cr3t", "other")
	diags.AddWarning("other-secret", "s3cr3t")
	diags.AddAttributeWarning(path.Root("slack"), "x", "y s3cr3t")
	out := hidden(diags, []string{"s3cr3t", "", "other-secret"})
	if len(out) != len(diags) || out.ErrorsCount() != 2 || strings.Contains(fmt.Sprint(out), "s3cr3t") || strings.Contains(fmt.Sprint(out), "other-secret") {
		t.Errorf("%v", out)
	}
	if at, ok := out[1].(diag.DiagnosticWithPath); !ok || !at.Path().Equal(path.Root("slack")) {
		t.Errorf("the path is lost: %v", out[1])
	}
}
