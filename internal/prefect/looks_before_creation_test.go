package prefect_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// look looks for a flow and says which version there is; 0 for none.
func (e *env) look(t *testing.T, project, name, group string) int {
	t.Helper()
	flow, err := e.LookForFlow(t.Context(), project, name, group)
	if errors.Is(err, prefect.ErrNotFound) {
		return 0
	}
	check(t, err)
	if name != "" && flow.Name != name || group != "" && flow.VersionGroupID != group {
		t.Fatalf("looked for %q of group %q, found %q of %q", name, group, flow.Name, flow.VersionGroupID)
	}
	if flow.Archived {
		return -flow.Version
	}
	return flow.Version
}

// asked counts the requests that f makes.
func (e *env) asked(f func()) int {
	before := len(e.server.Requests())
	f()
	return len(e.server.Requests()) - before
}

// TestLooks looks for flows that are there and that are not, while this process and others change them.
func TestLooks(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	e := newEnv(t, prefectserver.Options{}, func(cfg *prefect.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	projects, _ := e.fill(t, 2, 10)
	other := e.WithTenant(e.tenant)
	somebody := newClient(t, prefect.Config{Endpoint: e.url, Tenant: e.tenant})
	register := func(client *prefect.Client, name, group string) {
		t.Helper()
		_, err := client.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
			ProjectID: projects[0], SerializedFlow: flowOf(name, 1), VersionGroupID: group,
		})
		check(t, err)
	}
	want := func(name, group string, version int) {
		t.Helper()
		if got := e.look(t, projects[0], name, group); got != version {
			t.Errorf("flow %q of group %q: version %d, want %d", name, group, got, version)
		}
	}
	want("flow-000", "", 1)
	want("new", "", 0)
	_, err := other.LookForFlow(t.Context(), projects[0], "renamed", "")
	if !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("a flow that is not there: %v", err)
	}
	if n := e.asked(func() { want("flow-000", "", 1); want("new", "", 0); want("flow-005", "", 1); want("another", "", 0) }); n != 0 {
		t.Errorf("%d requests for a project that was read", n)
	}

	if n := e.asked(func() { e.look(t, projects[1], "flow-000", ""); e.look(t, projects[1], "nothing", "") }); n != 0 {
		t.Errorf("%d requests for another project of a small tenant", n)
	}

	// What this process registers is seen, and so is what it archives by doing so; the rest is not asked for again.
	register(e.Client, "new", "group")
	want("new", "", 1)
	want("", "group", 1)
	register(e.Client, "renamed", "group")
	want("renamed", "", 2)
	if f, err := other.LookForFlow(t.Context(), projects[0], "renamed", ""); err != nil || f.Version != 2 {
		t.Errorf("through another client of this process: %v", err)
	}
	want("new", "", -1)
	want("", "group", 2)
	if n := e.asked(func() { want("flow-001", "", 1); want("another", "", 0) }); n != 0 {
		t.Errorf("%d requests for what was not changed", n)
	}

	// Any other change begins anew, and so does time.
	found, err := e.FindFlow(t.Context(), projects[0], "flow-001")
	check(t, err)
	check(t, e.ArchiveFlow(t.Context(), found.ID))
	want("flow-001", "", -1)
	want("another", "", 0)
	register(somebody, "another", "")
	later.Store(int64(16 * time.Second))
	want("another", "", 1)
}

// TestLookForFlowNow sees what somebody else has registered since a look, and shares its request with others.
func TestLookForFlowNow(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	projects, _ := e.fill(t, 1, 3)
	somebody := newClient(t, prefect.Config{Endpoint: e.url, Tenant: e.tenant})
	e.look(t, projects[0], "flow-000", "")
	for name, group := range map[string]string{"by name": "", "by group": "group"} {
		if version := e.look(t, projects[0], name, group); version != 0 {
			t.Fatalf("%s: version %d", name, version)
		}
		_, err := somebody.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: projects[0], SerializedFlow: flowOf(name, 1), VersionGroupID: group})
		check(t, err)
		if version := e.look(t, projects[0], name, group); version != 0 {
			t.Fatalf("%s: a look is not shared, which this test is about: version %d", name, version)
		}
		now, err := e.LookForFlowNow(t.Context(), projects[0], name, group)
		if err != nil || now.Version != 1 || now.Name != name {
			t.Errorf("%s: %+v, %v", name, now, err)
		}
		if version := e.look(t, projects[0], name, group); version != 1 {
			t.Errorf("%s: a later look still finds version %d", name, version)
		}
		if _, err := e.LookForFlowNow(t.Context(), projects[0], "no "+name, "no "+group); !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s, of nothing: %v", name, err)
		}
	}
	n := e.asked(func() {
		var group sync.WaitGroup
		for i := range 10 {
			group.Go(func() {
				if _, err := e.LookForFlowNow(t.Context(), projects[0], fmt.Sprintf("flow-%d", i), ""); !errors.Is(err, prefect.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
	if n > 2 {
		t.Errorf("%d requests for ten flows at a time", n)
	}
}

// TestLooksForProjects looks for projects by id and by name.
func TestLooksForProjects(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	var ids []string
	for i := range 5 {
		name := fmt.Sprintf("project-%d", i)
		if _, err := e.LookForProjectNamed(t.Context(), name); !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("%s before it is there: %v", name, err)
		}
		ids = append(ids, e.project(t, name))
		p, err := e.LookForProjectNamed(t.Context(), name)
		check(t, err)
		if p.ID != ids[i] {
			t.Errorf("%s is %s, want %s", name, p.ID, ids[i])
		}
	}
	for _, id := range ids {
		p, err := e.LookForProject(t.Context(), id)
		check(t, err)
		if p.ID != id {
			t.Errorf("project %s, want %s", p.ID, id)
		}
	}
	// All projects were read ahead. Another one is seen by clients of this process, in whatever tenant they made it.
	other := e.WithTenant(e.tenant)
	if _, err := other.LookForProject(t.Context(), ids[0]); err != nil {
		t.Error(err)
	}
	last := e.project(t, "last")
	for _, client := range []*prefect.Client{e.Client, other} {
		if _, err := client.LookForProject(t.Context(), last); err != nil {
			t.Errorf("a project that was created just now: %v", err)
		}
	}
	check(t, e.DeleteProject(t.Context(), ids[0]))
	if _, err := e.LookForProject(t.Context(), ids[0]); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("a project that was deleted: %v", err)
	}
	if _, err := e.LookForProjectNamed(t.Context(), "project-0"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("the name of a project that was deleted: %v", err)
	}
}
