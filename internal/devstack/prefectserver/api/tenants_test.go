package api_test

import "testing"

func TestTenants(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.refused("Uniqueness violation.", "create_tenant", in{"name": "again", "slug": "t"})
	for _, slug := range []string{"Bad", "a b", "-a", "a--b", "é"} {
		s.refused(`Slug must be "slugified" (lowercase; no spaces)`, "create_tenant", in{"name": "n", "slug": slug})
	}
	other := s.id("create_tenant", in{"name": "Other", "slug": "other-1"})
	s.refused("Uniqueness violation.", "update_tenant_slug", in{"tenant_id": other, "slug": "t"})
	s.refused("Update failed.", "update_tenant_name", in{"tenant_id": missing, "name": "x"})
	s.call("update_tenant_name", in{"tenant_id": other, "name": "x"})
	same(t, "name", s.row("tenant", other)["name"], "x")
}

func TestTenantSettingsMerge(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.call("update_tenant_settings", in{"tenant_id": s.tenant, "settings": map[string]any{"a": "1", "b": "1"}})
	s.call("update_tenant_settings", in{"tenant_id": s.tenant, "settings": map[string]any{"b": "2"}})
	s.call("update_tenant_settings", in{"tenant_id": s.tenant})
	same(t, "settings", s.row("tenant", s.tenant)["settings"], map[string]any{"a": "1", "b": "2"})
	s.refused("'NoneType' object is not iterable", "update_tenant_settings", in{"tenant_id": s.tenant, "settings": nil})
	s.refused("Invalid tenant id.", "update_tenant_settings", in{"tenant_id": missing})
}

func TestDeleteTenantTakesEverything(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	run := s.run(in{"flow_id": s.register("f", "")})
	s.refused("Must pass `confirm=True` to proceed.", "delete_tenant", in{"tenant_id": s.tenant, "confirm": false})
	s.success(true, "delete_tenant", in{"tenant_id": s.tenant, "confirm": true})
	s.success(false, "delete_tenant", in{"tenant_id": s.tenant, "confirm": true})
	for _, table := range []string{"project", "flow", "flow_group", "flow_run", "task"} {
		if rows := s.rows(table, "tenant_id", s.tenant); len(rows) > 0 {
			t.Errorf("%s: %v", table, rows)
		}
	}
	if rows := s.rows("flow_run_state", "flow_run_id", run); len(rows) > 0 {
		t.Errorf("states left: %v", rows)
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.refused("Uniqueness violation.", "create_project", in{"tenant_id": s.tenant, "name": "P"})
	s.refused("Foreign key violation.", "create_project", in{"tenant_id": missing, "name": "P"})
	other := s.id("create_tenant", in{"name": "O", "slug": "o"})
	s.id("create_project", in{"tenant_id": other, "name": "P"})
	s.id("create_project", in{"tenant_id": s.tenant, "name": ""})
	s.call("set_project_description", in{"project_id": s.project, "description": "d"})
	same(t, "description", s.row("project", s.project)["description"], "d")
	s.call("set_project_description", in{"project_id": s.project, "description": nil})
	same(t, "description", s.row("project", s.project)["description"], nil)
	s.refused("'description'", "set_project_description", in{"project_id": s.project})
	s.refused("Uniqueness violation.", "set_project_name", in{"project_id": s.project, "name": ""})
	s.refused("Update failed", "set_project_name", in{"project_id": missing, "name": "x"})
	s.call("set_project_name", in{"project_id": s.project, "name": "Q"})
	same(t, "name", s.row("project", s.project)["name"], "Q")
}

func TestDeleteProjectLeavesFlowGroups(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	flow := s.register("f", "")
	run := s.run(in{"flow_id": flow})
	s.success(true, "delete_project", in{"project_id": s.project})
	s.success(false, "delete_project", in{"project_id": s.project})
	if s.row("flow", flow) != nil || s.row("flow_run", run) != nil {
		t.Error("the project's flow or its run is still there")
	}
	if len(s.rows("flow_group", "tenant_id", s.tenant)) != 1 {
		t.Error("the flow group is gone")
	}
}
