package flowrun_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// TestAccFlowRunList finds runs by each filter.
func TestAccFlowRunList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	theirs := acctest.AnotherTenant(t, b.PrefectServer)
	for i := range 3 {
		id, err := b.Client.CreateFlowRun(t.Context(), prefect.CreateFlowRunInput{
			FlowID: b.flow, Name: fmt.Sprintf("run-%d", i), Labels: []string{"k8s", fmt.Sprintf("nr-%d", i)}, RunConfig: encode(t, kubernetesRun(map[string]any{"image": "img:1"}, "k8s")),
		})
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			b.set(id, "TimedOut", "broken")
		}
	}
	for name, tt := range map[string]struct {
		config map[string]any
		limit  int64
		want   []string
	}{
		"all":               {nil, 0, []string{"run-2 (etl, Scheduled)", "run-1 (etl, TimedOut)", "run-0 (etl, Scheduled)"}},
		"limit":             {nil, 2, []string{"run-2 (etl, Scheduled)", "run-1 (etl, TimedOut)"}},
		"name":              {map[string]any{"name": "run-0"}, 0, []string{"run-0 (etl, Scheduled)"}},
		"flow":              {map[string]any{"flow_id": b.flow, "name": "run-2"}, 0, []string{"run-2 (etl, Scheduled)"}},
		"group":             {map[string]any{"version_group_id": "other"}, 0, nil},
		"project":           {map[string]any{"project_id": b.project}, 1, []string{"run-2 (etl, Scheduled)"}},
		"state":             {map[string]any{"states": []string{"timedout"}}, 0, []string{"run-1 (etl, TimedOut)"}},
		"special cases":     {map[string]any{"states": []string{"Failed"}}, 0, []string{"run-1 (etl, TimedOut)"}},
		"all that are over": {map[string]any{"states": []string{"Finished"}}, 0, []string{"run-1 (etl, TimedOut)"}},
		"labels":            {map[string]any{"labels": []string{"nr-2", "k8s"}}, 0, []string{"run-2 (etl, Scheduled)"}},
		"labels of none":    {map[string]any{"labels": []string{"nr-2", "nr-1"}}, 0, nil},
		"due later":         {map[string]any{"scheduled_after": "2100-01-01T00:00:00Z"}, 0, nil},
		"due before":        {map[string]any{"scheduled_before": "2100-01-01T00:00:00+01:00", "name": "run-0"}, 0, []string{"run-0 (etl, Scheduled)"}},
		"begun":             {map[string]any{"started_after": "2000-01-01T00:00:00Z"}, 0, nil},
		"tenant":            {map[string]any{"tenant_id": theirs.TenantID}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, failures := acctest.Query(t, b.PrefectServer, "prefect_flow_run", tt.config, true, tt.limit)
			if failures != "" {
				t.Fatal(failures)
			}
			names := make([]string, 0, len(found))
			for _, f := range found {
				names = append(names, f.DisplayName)
				if f.ID == "" || f.Attributes["flow_id"] != b.flow || f.Attributes["wait_for"] != "finished" {
					t.Errorf("got %+v", f)
				}
			}
			if !slices.Equal(names, tt.want) {
				t.Errorf("got %q", names)
			}
		})
	}
}

// TestAccFlowRunListRefuses names what is wrong with a filter.
func TestAccFlowRunListRefuses(t *testing.T) {
	t.Parallel()
	server := acctest.Server(t)
	for name, tt := range map[string]struct {
		config map[string]any
		want   string
	}{
		"state":     {map[string]any{"states": []string{"Faild"}}, `Did you mean "Failed"?`},
		"no states": {map[string]any{"states": []string{}}, "`states` is empty"},
		"time":      {map[string]any{"started_after": "yesterday"}, `"yesterday" is not a time`},
		"no zone":   {map[string]any{"scheduled_before": "2030-01-31T08:00:00"}, "with a time zone"},
		"label":     {map[string]any{"labels": []string{""}}, "empty string"},
		"tenant":    {map[string]any{"tenant_id": "default"}, "Not a UUID"},
	} {
		if _, failures := acctest.Query(t, server, "prefect_flow_run", tt.config, false, 0); !strings.Contains(failures, tt.want) {
			t.Errorf("%s: %q", name, failures)
		}
	}
}
