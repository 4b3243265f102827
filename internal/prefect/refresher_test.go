package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// many is how many objects Terraform refreshes at a time.
const many = 10

// each calls f for all elements in random order, many at a time.
func each[T any](t *testing.T, all []T, f func(T) error) {
	t.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	order := rand.Perm(len(all))
	for range many {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				if err := f(all[order[i]]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

// fill registers so many flows in each of so many projects.
func (e *env) fill(t *testing.T, projects, flows int) (ids []string, registered []*prefect.Flow) {
	t.Helper()
	for p := range projects {
		ids = append(ids, e.project(t, fmt.Sprintf("project-%03d", p)))
	}
	var mu sync.Mutex
	each(t, ids, func(project string) error {
		for i := range flows {
			id, err := e.RegisterFlow(t.Context(), prefect.RegisterFlowInput{ProjectID: project, SerializedFlow: flowOf(fmt.Sprintf("flow-%03d", i), 1)})
			if err != nil {
				return err
			}
			flow, err := e.GetFlow(t.Context(), id)
			if err != nil {
				return err
			}
			mu.Lock()
			registered = append(registered, flow)
			mu.Unlock()
		}
		return nil
	})
	e.server.ResetRequests()
	return ids, registered
}

// TestRefreshFewRequests counts the requests of a refresh.
func TestRefreshFewRequests(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	projects, flows := e.fill(t, 20, 10)
	each(t, projects, func(id string) error {
		p, err := e.RefreshProject(t.Context(), id)
		if err == nil && p.ID != id {
			err = fmt.Errorf("asked for project %s, got %s", id, p.ID)
		}
		return err
	})
	forProjects := len(e.server.Requests())
	each(t, flows, func(want *prefect.Flow) error {
		f, err := e.RefreshFlow(t.Context(), want.VersionGroupID)
		if err == nil && f.ID != want.ID {
			err = fmt.Errorf("asked for flow %s, got %s", want.ID, f.ID)
		}
		return err
	})
	all := len(e.server.Requests())
	t.Logf("%d projects: %d requests; %d flows: %d requests", len(projects), forProjects, len(flows), all-forProjects)
	if forProjects > 5 || all > 25 {
		t.Errorf("too many requests")
	}
}

// TestRefreshSeesChanges changes what has been read ahead.
func TestRefreshSeesChanges(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	projects, flows := e.fill(t, 4, 10)
	// Two waves: then the flows of the first projects are read ahead.
	for _, f := range flows[:3] {
		_, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
		check(t, err)
	}
	before := len(e.server.Requests())
	_, err := e.RefreshFlow(t.Context(), flows[3].VersionGroupID)
	check(t, err)
	if len(e.server.Requests()) != before {
		t.Fatal("nothing was read ahead, so that nothing can be out of date")
	}

	target := projects[0]
	for _, f := range flows[4:] {
		if f.ProjectID == target {
			target = projects[1]
		}
		check(t, e.UpdateFlowProject(t.Context(), f.ID, target))
		got, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
		check(t, err)
		if got.ProjectID != target {
			t.Fatalf("flow %s is still in its old project", f.ID)
		}
		target = projects[0]
	}
	// Through a client of another tenant, too: they are one process.
	f := flows[0]
	_, err = e.RefreshFlow(t.Context(), f.VersionGroupID)
	check(t, err)
	other := e.WithTenant(e.tenant)
	check(t, other.ArchiveFlow(t.Context(), f.ID))
	got, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
	check(t, err)
	if !got.Archived {
		t.Error("the flow is not archived")
	}
}

// TestRefreshTwice asks for the same object again: what somebody else changed meanwhile is seen.
func TestRefreshTwice(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	_, flows := e.fill(t, 1, 30)
	somebody := newClient(t, prefect.Config{Endpoint: e.url, Tenant: e.tenant})
	for range 2 {
		for _, f := range flows {
			got, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
			check(t, err)
			if got.Archived != f.Archived {
				t.Fatalf("flow %s archived: %t, want %t", f.ID, got.Archived, f.Archived)
			}
		}
		for _, f := range flows {
			check(t, somebody.ArchiveFlow(t.Context(), f.ID))
			f.Archived = true
		}
	}
}

// TestRefreshForgets lets the time pass in which an object that was read ahead may be asked for.
func TestRefreshForgets(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	e := newEnv(t, prefectserver.Options{}, func(cfg *prefect.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	_, flows := e.fill(t, 1, 30)
	for _, f := range flows[:2] {
		_, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
		check(t, err)
	}
	before := len(e.server.Requests())
	_, err := e.RefreshFlow(t.Context(), flows[2].VersionGroupID)
	check(t, err)
	if len(e.server.Requests()) != before {
		t.Error("nothing was read ahead")
	}
	// While the refresh goes on, nothing is older than two minutes.
	next := 3
	for waited := 9 * time.Second; waited <= 117*time.Second; waited += 9 * time.Second {
		later.Store(int64(waited))
		_, err := e.RefreshFlow(t.Context(), flows[next].VersionGroupID)
		check(t, err)
		next++
	}
	if len(e.server.Requests()) != before {
		t.Error("what was read ahead was asked for again while it was new enough")
	}
	later.Store(int64(125 * time.Second))
	_, err = e.RefreshFlow(t.Context(), flows[next].VersionGroupID)
	check(t, err)
	if len(e.server.Requests()) == before {
		t.Error("what was read two minutes ago was given out")
	}
	before = len(e.server.Requests())
	later.Store(int64(136 * time.Second))
	_, err = e.RefreshFlow(t.Context(), flows[next+1].VersionGroupID)
	check(t, err)
	if len(e.server.Requests()) != before+1 {
		t.Errorf("%d requests after a pause, want 1", len(e.server.Requests())-before)
	}
}

// TestRefreshNewestOfGroup has the newest version of a group in another project than an older one.
func TestRefreshNewestOfGroup(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	projects, flows := e.fill(t, 2, 5)
	newest := map[string]string{}
	for _, f := range flows {
		newest[f.VersionGroupID] = f.ID
		if f.ProjectID == projects[0] {
			id, err := e.RegisterFlow(t.Context(), prefect.RegisterFlowInput{
				ProjectID: projects[1], SerializedFlow: flowOf(f.Name, 2), VersionGroupID: f.VersionGroupID,
			})
			check(t, err)
			newest[f.VersionGroupID] = id
		}
	}
	for range 2 {
		for _, f := range flows {
			got, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
			check(t, err)
			if got.ID != newest[f.VersionGroupID] {
				t.Errorf("group %s: got version %d", f.VersionGroupID, got.Version)
			}
		}
	}
}

// TestRefreshErrors gives each caller the error of what it asked for.
func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	projects, flows := e.fill(t, 3, 1)
	const nobody = "6f6b0e0e-0000-4000-8000-00000000000f"
	asked := map[string]error{nobody: prefect.ErrNotFound, "not a UUID": prefect.ErrInvalid}
	for _, id := range projects {
		asked[id] = nil
	}
	var group sync.WaitGroup
	for id, want := range asked {
		group.Go(func() {
			if _, err := e.RefreshProject(t.Context(), id); !errors.Is(err, want) {
				t.Errorf("project %s: %v, want %v", id, err, want)
			}
		})
		group.Go(func() {
			if _, err := e.RefreshFlowRun(t.Context(), id); want == nil && !errors.Is(err, prefect.ErrNotFound) || !errors.Is(err, want) && want != nil {
				t.Errorf("run %s: %v", id, err)
			}
		})
	}
	group.Wait()

	if _, err := e.RefreshFlow(t.Context(), "no such group"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("no such group: %v", err)
	}
	// A failure of the Server is everybody's, and the next question is asked anew.
	remove := e.server.Faults().Add(prefectserver.Fault{Field: "flow_group", Message: "boom"})
	each(t, flows, func(f *prefect.Flow) error {
		if _, err := e.RefreshFlow(t.Context(), f.VersionGroupID); err == nil {
			return errors.New("no error")
		}
		return nil
	})
	remove()
	each(t, flows, func(f *prefect.Flow) error {
		_, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
		return err
	})
	// Reading ahead that fails is no failure.
	_, err := e.RefreshFlow(t.Context(), flows[0].VersionGroupID)
	check(t, err)
}

// TestRefreshTenants keeps tenants apart.
func TestRefreshTenants(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	_, flows := e.fill(t, 1, 10)
	id, err := e.CreateTenant(t.Context(), "Other", "other")
	check(t, err)
	other := e.WithTenant(id)
	if _, err := other.RefreshFlow(t.Context(), flows[0].VersionGroupID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("a flow of another tenant: %v", err)
	}
	if _, err := other.RefreshProject(t.Context(), flows[0].ProjectID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("a project of another tenant: %v", err)
	}
	// Not even what was read ahead for this tenant is given to the other one.
	for _, f := range flows[:2] {
		_, err := e.RefreshFlow(t.Context(), f.VersionGroupID)
		check(t, err)
	}
	if _, err := other.RefreshFlow(t.Context(), flows[2].VersionGroupID); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("a flow of another tenant: %v", err)
	}
	before := len(e.server.Requests())
	_, err = e.RefreshFlow(t.Context(), flows[3].VersionGroupID)
	check(t, err)
	if len(e.server.Requests()) != before {
		t.Error("nothing was read ahead, so that nothing could be mixed up")
	}
}

// TestRefreshCancel leaves one of two callers waiting: the shared request ends with the last one only.
func TestRefreshCancel(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	projects, _ := e.fill(t, 2, 1)
	_, err := e.TenantID(t.Context())
	check(t, err)
	remove := e.server.Faults().Add(prefectserver.Fault{Field: "project", Delay: 300 * time.Millisecond, Times: 1})
	impatient, giveUp := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := e.RefreshProject(impatient, projects[0])
		failed <- err
	}()
	kept := make(chan error, 1)
	go func() {
		_, err := e.RefreshProject(t.Context(), projects[1])
		kept <- err
	}()
	time.AfterFunc(50*time.Millisecond, giveUp)
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left got %v", err)
	}
	if err := <-kept; err != nil {
		t.Errorf("the one who stayed got %v", err)
	}
	if n := remove(); n != 1 {
		t.Errorf("%d requests were delayed", n)
	}

	// Alone, it takes the request with it.
	e.server.ResetRequests()
	defer e.server.Faults().Add(prefectserver.Fault{Field: "project", Delay: time.Hour})()
	impatient, giveUp = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, giveUp)
	if _, err := e.RefreshProject(impatient, projects[0]); !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left alone got %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(e.server.Requests()) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the request is still under way")
		}
		<-time.After(time.Millisecond)
	}
}

// TestRefreshLargeTenant refreshes some flows of a tenant that has many more: those of their projects are read ahead, and
// not the whole tenant.
func TestRefreshLargeTenant(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	_, flows := e.fill(t, 3, 20)
	others := e.project(t, "others")
	check(t, e.server.Store().Update(func(tx *store.Tx) error {
		for i := range 1500 {
			name := fmt.Sprintf("group-%d", i)
			group, err := tx.Insert("flow_group", store.Row{"tenant_id": e.tenant, "name": name})
			if err != nil {
				return err
			}
			_, err = tx.Insert("flow", store.Row{
				"name": name, "tenant_id": e.tenant, "project_id": others, "flow_group_id": group["id"], "version_group_id": name, "version": 1,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	e.server.ResetRequests()
	each(t, flows, func(want *prefect.Flow) error {
		f, err := e.RefreshFlow(t.Context(), want.VersionGroupID)
		if err == nil && f.ID != want.ID {
			err = fmt.Errorf("asked for flow %s, got %s", want.ID, f.ID)
		}
		return err
	})
	t.Logf("%d requests", len(e.server.Requests()))
	if n := len(e.server.Requests()); n > 10 {
		t.Errorf("%d requests for %d flows", n, len(flows))
	}
}

// TestRefreshOtherKinds reads flow groups, cloud hooks and tenants, changes them, and reads them again.
func TestRefreshOtherKinds(t *testing.T) {
	t.Parallel()
	e := newEnv(t, prefectserver.Options{})
	ctx := t.Context()
	_, flows := e.fill(t, 2, 10)
	var hooks, tenants []string
	for i := range 20 {
		hook, err := e.CreateCloudHook(ctx, prefect.CreateCloudHookInput{Type: prefect.CloudHookPrefectMessage, States: []string{"FAILED"}, Config: json.RawMessage("{}")})
		check(t, err)
		tenant, err := e.CreateTenant(ctx, "Tenant", fmt.Sprintf("tenant-%d", i))
		check(t, err)
		hooks, tenants = append(hooks, hook), append(tenants, tenant)
	}
	e.server.ResetRequests()
	active := map[string]bool{} // of hooks, and of the schedules of groups
	name := "Tenant"
	refresh := func() {
		t.Helper()
		each(t, flows, func(f *prefect.Flow) error {
			g, err := e.RefreshFlowGroup(ctx, f.FlowGroupID)
			if err == nil && (g.Name != f.VersionGroupID || g.NewestFlowID != f.ID || g.ScheduleActive != active[f.ID]) {
				err = fmt.Errorf("group of %s: %+v", f.ID, g)
			}
			return err
		})
		each(t, hooks, func(id string) error {
			h, err := e.RefreshCloudHook(ctx, id)
			if err == nil && (h.ID != id || h.Active != active[id]) {
				err = fmt.Errorf("hook %s: %+v", id, h)
			}
			return err
		})
		each(t, tenants, func(id string) error {
			tenant, err := e.RefreshTenant(ctx, id)
			if err == nil && (tenant.ID != id || tenant.Name != name) {
				err = fmt.Errorf("tenant %s: %+v", id, tenant)
			}
			return err
		})
	}
	for _, id := range hooks {
		active[id] = true
	}
	refresh()
	requests := len(e.server.Requests())
	t.Logf("%d objects: %d requests", len(flows)+len(hooks)+len(tenants), requests)
	if requests > 15 {
		t.Errorf("%d requests", requests)
	}
	for _, f := range flows {
		check(t, e.SetFlowGroupSchedule(ctx, f.FlowGroupID, prefect.FlowGroupSchedule{CronClocks: []prefect.CronClock{{Cron: "0 0 1 1 *"}}}))
		check(t, e.SetScheduleActive(ctx, f.ID))
		active[f.ID] = true
	}
	for _, id := range hooks {
		check(t, e.SetCloudHookActive(ctx, id, false))
		active[id] = false
	}
	name = "Renamed"
	for _, id := range tenants {
		check(t, e.SetTenantName(ctx, id, name))
	}
	refresh()
	check(t, e.ArchiveFlow(ctx, flows[0].ID)) // an archived version has no runs, whatever its schedule
	active[flows[0].ID] = false
	check(t, e.DeleteCloudHook(ctx, hooks[0]))
	check(t, e.DeleteTenant(ctx, tenants[0]))
	_, hookErr := e.RefreshCloudHook(ctx, hooks[0])
	_, tenantErr := e.RefreshTenant(ctx, tenants[0])
	_, groupErr := e.RefreshFlowGroup(ctx, hooks[0])
	for kind, err := range map[string]error{"hook": hookErr, "tenant": tenantErr, "group": groupErr} {
		if !errors.Is(err, prefect.ErrNotFound) {
			t.Errorf("a %s that is not there: %v", kind, err)
		}
	}
	hooks, tenants = hooks[1:], tenants[1:]
	refresh()
}
