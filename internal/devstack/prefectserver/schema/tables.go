package schema

func (c Column) required() Column { c.NotNull = true; return c }

func (c Column) or(value any) Column { c.Default, c.Value = Literal, value; return c }

func (c Column) now() Column { c.Default = Now; return c }

func (c Column) clock() Column { c.Default = ClockTimestamp; return c }

func (c Column) limit(characters int) Column { c.MaxLength = characters; return c }

func uuid(name string) Column      { return Column{Name: name, Type: UUID} }
func text(name string) Column      { return Column{Name: name, Type: Text} }
func integer(name string) Column   { return Column{Name: name, Type: Integer} }
func boolean(name string) Column   { return Column{Name: name, Type: Boolean}.required() }
func timestamp(name string) Column { return Column{Name: name, Type: Timestamp} }
func document(name string) Column  { return Column{Name: name, Type: JSON} }
func flag(name string) Column      { return boolean(name).or(false) }
func emptyObject() any             { return map[string]any{} }
func emptyList() any               { return []any{} }

// columns puts before the given ones the three that every table has.
func columns(rest ...Column) []Column {
	id := uuid("id").required()
	id.Default = RandomUUID
	return append([]Column{
		id,
		timestamp("created").required().now(),
		timestamp("updated").required().now(),
	}, rest...)
}

// ofTenant is the foreign key by which nearly everything belongs to a tenant.
func ofTenant(table string) ForeignKey {
	return cascade(table+"_tenant_id_fkey", "tenant_id", "tenant")
}

func cascade(name, column, table string) ForeignKey {
	return ForeignKey{Name: name, Column: column, Table: table, OnDelete: Cascade}
}

func setNull(name, column, table string) ForeignKey {
	return ForeignKey{Name: name, Column: column, Table: table, OnDelete: SetNull}
}

// one is a relationship to the row that a column of this table refers to.
func one(name, table, column string) Relationship {
	return Relationship{Name: name, Table: table, Column: column, Remote: "id"}
}

// many is a relationship to the rows of another table that refer to this one.
func many(name, table, remote string) Relationship {
	return Relationship{Name: name, Array: true, Table: table, Column: "id", Remote: remote}
}

func tables() []*Table {
	return []*Table{
		agentTable(), agentConfigTable(), cloudHookTable(), edgeTable(), flowTable(), flowGroupTable(),
		flowRunTable(), flowRunStateTable(), logTable(), messageTable(), projectTable(), taskTable(),
		taskRunTable(), taskRunArtifactTable(), taskRunStateTable(), tenantTable(),
	}
}

func tenantTable() *Table {
	return &Table{
		Name: "tenant",
		Columns: columns(
			text("name").required().limit(255),
			text("slug").required().limit(255),
			document("info"),
			document("settings").required().or(emptyObject()),
		),
		Uniques: []Unique{{Name: "tenant_slug_key", Columns: []string{"slug"}}},
		Relationships: []Relationship{
			many("flow_groups", "flow_group", "tenant_id"),
			many("flows", "flow", "tenant_id"),
			many("projects", "project", "tenant_id"),
		},
	}
}

func projectTable() *Table {
	return &Table{
		Name: "project",
		Columns: columns(
			uuid("tenant_id"),
			text("name").required(),
			text("description"),
		),
		Uniques:     []Unique{{Name: "project_tenant_id_name_key", Columns: []string{"tenant_id", "name"}}},
		ForeignKeys: []ForeignKey{ofTenant("project")},
		Relationships: []Relationship{
			one("tenant", "tenant", "tenant_id"),
			many("flows", "flow", "project_id"),
		},
	}
}

func flowGroupTable() *Table {
	return &Table{
		Name: "flow_group",
		Columns: columns(
			uuid("tenant_id"),
			text("name"),
			text("description"),
			document("labels"),
			document("schedule"),
			document("settings").required().or(emptyObject()),
			document("default_parameters").required().or(emptyObject()),
			document("run_config"),
		),
		ForeignKeys: []ForeignKey{ofTenant("flow_group")},
		Indexes:     []string{"name"},
		Relationships: []Relationship{
			one("tenant", "tenant", "tenant_id"),
			many("flows", "flow", "flow_group_id"),
		},
	}
}

func flowTable() *Table {
	return &Table{
		Name: "flow",
		Columns: columns(
			uuid("tenant_id"),
			uuid("project_id").required(),
			uuid("flow_group_id").required(),
			text("version_group_id"),
			integer("version"),
			text("name").required(),
			text("description"),
			text("core_version"),
			flag("archived"),
			flag("is_schedule_active"),
			document("environment"),
			document("parameters").or(emptyObject()),
			document("storage"),
			document("run_config"),
			document("schedule"),
			document("serialized_flow"),
			document("settings").required().or(emptyObject()),
		),
		ForeignKeys: []ForeignKey{
			ofTenant("flow"),
			cascade("flow_project_id_fkey", "project_id", "project"),
			cascade("flow_flow_group_id_fkey", "flow_group_id", "flow_group"),
		},
		Indexes: []string{"version_group_id", "name"},
		Relationships: []Relationship{
			one("flow_group", "flow_group", "flow_group_id"),
			one("project", "project", "project_id"),
			one("tenant", "tenant", "tenant_id"),
			many("edges", "edge", "flow_id"),
			many("flow_runs", "flow_run", "flow_id"),
			many("tasks", "task", "flow_id"),
		},
	}
}

func taskTable() *Table {
	return &Table{
		Name: "task",
		Columns: columns(
			uuid("tenant_id"),
			uuid("flow_id").required(),
			text("name"),
			text("slug"),
			text("description"),
			text("type"),
			integer("max_retries"),
			Column{Name: "retry_delay", Type: Interval},
			text("trigger"),
			flag("mapped"),
			flag("auto_generated"),
			text("cache_key"),
			flag("is_root_task"),
			flag("is_terminal_task"),
			flag("is_reference_task"),
			document("tags").required().or(emptyList()),
		),
		Uniques:     []Unique{{Name: "task_flow_id_slug_key", Columns: []string{"flow_id", "slug"}}},
		ForeignKeys: []ForeignKey{ofTenant("task"), cascade("fk_task_flow_id", "flow_id", "flow")},
		Relationships: []Relationship{
			one("flow", "flow", "flow_id"),
			many("downstream_edges", "edge", "upstream_task_id"),
			many("task_runs", "task_run", "task_id"),
			many("upstream_edges", "edge", "downstream_task_id"),
		},
	}
}

func edgeTable() *Table {
	return &Table{
		Name: "edge",
		Columns: columns(
			uuid("tenant_id"),
			uuid("flow_id").required(),
			uuid("upstream_task_id").required(),
			uuid("downstream_task_id").required(),
			text("key"),
			flag("mapped"),
		),
		Uniques: []Unique{{
			Name:    "edge_flow_id_task_ids_key",
			Columns: []string{"flow_id", "downstream_task_id", "upstream_task_id"},
		}},
		ForeignKeys: []ForeignKey{
			ofTenant("edge"),
			cascade("fk_edge_flow_id", "flow_id", "flow"),
			cascade("fk_edge_upstream_task_id", "upstream_task_id", "task"),
			cascade("fk_edge_downstream_task_id", "downstream_task_id", "task"),
		},
		Relationships: []Relationship{
			one("downstream_task", "task", "downstream_task_id"),
			one("flow", "flow", "flow_id"),
			one("upstream_task", "task", "upstream_task_id"),
		},
	}
}

func cloudHookTable() *Table {
	return &Table{
		Name: "cloud_hook",
		Columns: columns(
			uuid("tenant_id"),
			text("name"),
			document("states"),
			text("type").required(),
			document("config").required().or(emptyObject()),
			boolean("active").or(true),
			text("version_group_id"),
		),
		ForeignKeys: []ForeignKey{ofTenant("cloud_hook")},
		Indexes:     []string{"version_group_id"},
	}
}

func messageTable() *Table {
	return &Table{
		Name: "message",
		Columns: columns(
			uuid("tenant_id").required(),
			flag("read"),
			text("type"),
			text("text"),
			document("content").required().or(emptyObject()),
		),
		ForeignKeys: []ForeignKey{ofTenant("message")},
	}
}
