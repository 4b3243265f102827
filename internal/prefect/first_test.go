package prefect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// twoAtOnce asks for at most two rows, in place of a Server that gives no more.
func twoAtOnce(r *http.Request) (*http.Response, error) {
	var asked map[string]any
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err //nolint:wrapcheck // of a test
	}
	if variables, ok := asked["variables"].(map[string]any); ok {
		if limit, ok := variables["limit"].(float64); ok {
			variables["limit"] = min(limit, 2)
		}
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return nil, err //nolint:wrapcheck // of a test
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return http.DefaultTransport.RoundTrip(r) //nolint:wrapcheck // of a test
}

// TestListsInOrder reads lists with and without a limit. Ids, version groups and the times of creation give other orders than
// names do.
func TestListsInOrder(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{}, func(cfg *prefect.Config) { cfg.Transport = roundTrip(twoAtOnce) })
	projects := map[string]string{}
	for _, name := range []string{"west", "east", "north"} {
		projects[name] = e.project(t, name)
	}
	register := func(project, name, group string) *prefect.Flow {
		t.Helper()
		id, err := e.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
			ProjectID: projects[project], SerializedFlow: smallFlow(name), VersionGroupID: group,
		})
		check(t, err)
		flow, err := e.GetFlow(t.Context(), id)
		check(t, err)
		return flow
	}
	register("west", "load", "1")
	register("east", "zip", "2")
	register("north", "load", "3")
	register("east", "load", "4")
	register("west", "etl", "6")
	register("west", "etl", "6") // an older version is archived
	register("west", "zip", "5")
	check(t, e.ArchiveFlow(t.Context(), register("east", "archived", "0").ID))
	for kind, c := range map[string]struct {
		list func(limit int) ([]string, error)
		want []string
	}{
		"projects": {func(limit int) ([]string, error) {
			found, err := e.ListProjects(t.Context(), prefect.ProjectFilter{Limit: limit})
			return names(found, func(p prefect.Project) string { return p.Name }), err
		}, []string{"east", "north", "west"}},
		"flows": {func(limit int) ([]string, error) {
			found, err := e.ListFlows(t.Context(), prefect.FlowFilter{Archived: ptr(false), Limit: limit})
			return names(found, func(f prefect.Flow) string { return f.Name }), err
		}, []string{"etl", "load", "load", "load", "zip", "zip"}},
		"flow groups": {func(limit int) ([]string, error) {
			found, err := e.ListFlowGroups(t.Context(), prefect.FlowGroupFilter{Limit: limit})
			return names(found, func(g prefect.FlowGroup) string { return g.ProjectName + "/" + g.FlowName + " " + g.Name }), err
		}, []string{"west/etl 6", "east/load 4", "north/load 3", "west/load 1", "east/zip 2", "west/zip 5"}},
	} {
		for limit := range len(c.want) + 2 {
			want := c.want
			if limit > 0 {
				want = want[:min(limit, len(want))]
			}
			if got, err := c.list(limit); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, limit %d: %q, want %q: %v", kind, limit, got, want, err)
			}
		}
	}
}

func names[T any](all []T, name func(T) string) []string {
	list := make([]string, 0, len(all))
	for _, one := range all {
		list = append(list, name(one))
	}
	return list
}

// TestFirstFlowGroupsOnce: registrations that run side by side can leave two versions of a group that are not archived. The group
// is listed once, and counts once.
func TestFirstFlowGroupsOnce(t *testing.T) {
	t.Parallel()
	const tenant, created = "00000000-0000-4000-8000-000000000001", "2026-01-01T00:00:00+00:00"
	version := func(id, group string) string {
		flow := fmt.Sprintf(`"id":"00000000-0000-4000-8000-00000000001%s","name":"etl","project":{"name":"p"}`, id)
		return fmt.Sprintf(`{%[1]s,"flow_group":{"id":"00000000-0000-4000-8000-00000000002%[2]s","tenant_id":%[3]q,"name":"%[2]s",`+
			`"description":null,"labels":null,"run_config":null,"default_parameters":{},"schedule":null,"settings":{},"created":%[4]q,"updated":%[4]q,`+
			`"flows":[{%[1]s,"archived":false,"is_schedule_active":false}]}}`, flow, group, tenant, created)
	}
	pages := []string{version("1", "a") + "," + version("2", "a"), version("3", "b"), ""}
	var asked atomic.Int64
	client := newClient(t, prefect.Config{Endpoint: "http://prefect.example.com", Tenant: tenant, MaxRetries: -1, Transport: answering(func(query string) string {
		if !strings.Contains(query, "query FlowGroupsByFlow") {
			return `{"data":{"tenant":[{"id":"` + tenant + `","name":"Default","slug":"default","settings":{},"created":"` + created +
				`","updated":"` + created + `"}],"remaining":{"aggregate":{"count":1}}}}`
		}
		return `{"data":{"flow":[` + pages[min(asked.Add(1), int64(len(pages)))-1] + `]}}`
	})})
	found, err := client.ListFlowGroups(t.Context(), prefect.FlowGroupFilter{Limit: 2})
	if got := names(found, func(g prefect.FlowGroup) string { return g.Name }); err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q, %v", got, err)
	}
}
