package schema

// runColumns are what flow runs and task runs have in common: the details that
// the state triggers keep up to date.
func runColumns() []Column {
	return []Column{
		integer("version").required().or(int64(0)),
		timestamp("heartbeat"),
		timestamp("start_time"),
		timestamp("end_time"),
		text("state"),
		timestamp("state_timestamp"),
		text("state_message"),
		document("state_result"),
		timestamp("state_start_time"),
		document("serialized_state"),
		text("name"),
	}
}

// stateColumns are the columns of both tables of states, apart from the run's id.
func stateColumns(run string) []Column {
	return columns(
		uuid("tenant_id"),
		uuid(run).required(),
		timestamp("timestamp").required().clock(),
		text("state").required(),
		text("message"),
		document("result"),
		timestamp("start_time"),
		document("serialized_state").required(),
		integer("version").or(int64(1)),
	)
}

func flowRunTable() *Table {
	return &Table{
		Name: "flow_run",
		Columns: append(columns(
			uuid("tenant_id"),
			uuid("flow_id").required(),
			uuid("agent_id"),
			document("parameters").or(emptyObject()),
			document("context"),
			document("labels").required().or(emptyList()),
			document("run_config"),
			timestamp("scheduled_start_time").required().clock(),
			flag("auto_scheduled"),
			text("idempotency_key"),
			integer("times_resurrected").or(int64(0)),
		), runColumns()...),
		Uniques: []Unique{{
			Name:    "ix_flow_run_idempotency_key_unique",
			Columns: []string{"idempotency_key", "flow_id"},
		}},
		ForeignKeys: []ForeignKey{
			ofTenant("flow_run"),
			cascade("fk_flow_run_flow_id", "flow_id", "flow"),
			setNull("flow_run_agent_id_fkey", "agent_id", "agent"),
		},
		Indexes:     []string{"state"},
		AfterInsert: []Trigger{CreateTaskRuns},
		Relationships: []Relationship{
			one("agent", "agent", "agent_id"),
			one("flow", "flow", "flow_id"),
			one("tenant", "tenant", "tenant_id"),
			many("logs", "log", "flow_run_id"),
			many("states", "flow_run_state", "flow_run_id"),
			many("task_runs", "task_run", "flow_run_id"),
		},
	}
}

func taskRunTable() *Table {
	return &Table{
		Name: "task_run",
		Columns: append(columns(
			uuid("tenant_id"),
			uuid("flow_run_id").required(),
			uuid("task_id").required(),
			integer("map_index").required().or(int64(-1)),
			text("cache_key"),
		), runColumns()...),
		Uniques: []Unique{{
			Name:    "task_run_unique_identifier_key",
			Columns: []string{"flow_run_id", "task_id", "map_index"},
		}},
		ForeignKeys: []ForeignKey{
			ofTenant("task_run"),
			cascade("fk_task_run_flow_run_id", "flow_run_id", "flow_run"),
			cascade("fk_task_run_task_id", "task_id", "task"),
		},
		Indexes: []string{"cache_key"},
		Relationships: []Relationship{
			one("flow_run", "flow_run", "flow_run_id"),
			one("task", "task", "task_id"),
			one("tenant", "tenant", "tenant_id"),
			many("logs", "log", "task_run_id"),
			many("states", "task_run_state", "task_run_id"),
		},
	}
}

func flowRunStateTable() *Table {
	return &Table{
		Name:    "flow_run_state",
		Columns: stateColumns("flow_run_id"),
		ForeignKeys: []ForeignKey{
			ofTenant("flow_run_state"),
			cascade("flow_run_state_flow_run_id_fkey", "flow_run_id", "flow_run"),
		},
		AfterInsert:   []Trigger{RecordFlowRunState},
		Relationships: []Relationship{one("flow_run", "flow_run", "flow_run_id")},
	}
}

func taskRunStateTable() *Table {
	return &Table{
		Name:    "task_run_state",
		Columns: stateColumns("task_run_id"),
		ForeignKeys: []ForeignKey{
			ofTenant("task_run_state"),
			cascade("task_run_state_tmp_table_task_run_id_fkey", "task_run_id", "task_run"),
		},
		AfterInsert:   []Trigger{RecordTaskRunState},
		Relationships: []Relationship{one("task_run", "task_run", "task_run_id")},
	}
}

func taskRunArtifactTable() *Table {
	return &Table{
		Name: "task_run_artifact",
		Columns: columns(
			uuid("tenant_id").required(),
			uuid("task_run_id").required(),
			text("kind").required(),
			document("data").required().or(emptyObject()),
		),
		ForeignKeys: []ForeignKey{
			ofTenant("task_run_artifact"),
			cascade("task_run_artifact_task_run_id_fkey", "task_run_id", "task_run"),
		},
		Relationships: []Relationship{one("task_run", "task_run", "task_run_id")},
	}
}

func logTable() *Table {
	archive := boolean("is_loaded_from_archive")
	archive.NotNull = false
	return &Table{
		Name:         "log",
		NoPrimaryKey: true,
		Columns: columns(
			uuid("tenant_id"),
			uuid("flow_run_id"),
			uuid("task_run_id"),
			timestamp("timestamp").required().now(),
			text("name"),
			text("level"),
			text("message"),
			document("info"),
			archive,
		),
		ForeignKeys: []ForeignKey{
			ofTenant("log"),
			cascade("log_flow_run_id_fkey", "flow_run_id", "flow_run"),
			cascade("log_task_run_id_fkey", "task_run_id", "task_run"),
		},
	}
}

func agentTable() *Table {
	return &Table{
		Name: "agent",
		Columns: columns(
			uuid("tenant_id").required(),
			uuid("agent_config_id"),
			text("name"),
			text("type"),
			text("core_version"),
			document("labels").required().or(emptyList()),
			timestamp("last_queried").now(),
		),
		ForeignKeys: []ForeignKey{
			ofTenant("agent"),
			setNull("agent_agent_config_id_fkey", "agent_config_id", "agent_config"),
		},
		Relationships: []Relationship{
			one("agent_config", "agent_config", "agent_config_id"),
			many("flow_runs", "flow_run", "agent_id"),
		},
	}
}

func agentConfigTable() *Table {
	return &Table{
		Name: "agent_config",
		Columns: columns(
			uuid("tenant_id").required(),
			text("name"),
			document("settings").required().or(emptyObject()),
		),
		ForeignKeys:   []ForeignKey{ofTenant("agent_config")},
		Relationships: []Relationship{many("agents", "agent", "agent_config_id")},
	}
}
