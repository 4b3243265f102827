package cloudhook_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccCloudHookList finds hooks by each filter, oldest first and without their secrets.
func TestAccCloudHookList(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	create := func(kind, name, config string) string {
		in := prefect.CreateCloudHookInput{Type: kind, States: []string{"Failed"}, Config: json.RawMessage(config)}
		if name != "" {
			in.Name = &name
		}
		id, err := server.Client.CreateCloudHook(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := create(prefect.CloudHookSlack, "night", `{"url": "https://hooks.slack.com/services/s3cr3t"}`)
	second := create(prefect.CloudHookPrefectMessage, "", `{}`)
	slack := acctest.Listed{DisplayName: "night (SLACK_WEBHOOK)", ID: first}
	message := acctest.Listed{DisplayName: second + " (PREFECT_MESSAGE)", ID: second}
	for name, c := range map[string]struct {
		config map[string]any
		limit  int64
		want   []acctest.Listed
		fails  bool
	}{
		"all":            {want: []acctest.Listed{slack, message}},
		"limit":          {limit: 1, want: []acctest.Listed{slack}},
		"by name":        {config: map[string]any{"name_like": "NI%"}, want: []acctest.Listed{slack}},
		"by type":        {config: map[string]any{"type": "PREFECT_MESSAGE"}, want: []acctest.Listed{message}},
		"by flow":        {config: map[string]any{"version_group_id": "none"}},
		"not a type":     {config: map[string]any{"type": "SLACK"}, fails: true},
		"no such tenant": {config: map[string]any{"tenant_id": "00000000-0000-4000-8000-000000000000"}, fails: true},
	} {
		got, failures := acctest.Query(t, server, "prefect_cloud_hook", c.config, false, c.limit)
		if (failures != "") != c.fails {
			t.Errorf("%s: failures %q", name, failures)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	got, failures := acctest.Query(t, server, "prefect_cloud_hook", nil, true, 0)
	if failures != "" || len(got) != 2 || got[0].Attributes["name"] != "night" || got[0].Attributes["type"] != prefect.CloudHookSlack {
		t.Errorf("found %+v, failures %q", got, failures)
	}
	if strings.Contains(fmt.Sprint(got), "s3cr3t") {
		t.Errorf("a list shows a secret: %+v", got)
	}
}
