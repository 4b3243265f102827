package schema

// mutation is a mutation's name, the fields of its input and its payload type.
type mutation struct {
	name    string
	payload string
	input   []string
}

func mutate(name, payload string, input ...string) mutation {
	return mutation{name: name, payload: payload, input: input}
}

func tenantMutations() []mutation {
	return []mutation{
		mutate("create_tenant", "tenant_id_payload", "name: String!", "slug: String!"),
		mutate("delete_tenant", "success_payload", "confirm: Boolean!", "tenant_id: UUID!"),
		mutate("update_tenant_name", "tenant_id_payload", "tenant_id: UUID!", "name: String!"),
		mutate("update_tenant_settings", "tenant_id_payload", "tenant_id: UUID!", "settings: JSON"),
		mutate("update_tenant_slug", "tenant_id_payload", "tenant_id: UUID!", "slug: String!"),
	}
}

func projectMutations() []mutation {
	return []mutation{
		mutate("create_project", "project_id_payload", "tenant_id: UUID!", "name: String!", "description: String"),
		mutate("delete_project", "success_payload", "project_id: UUID!"),
		mutate("set_project_description", "project_id_payload", "project_id: UUID!", "description: String"),
		mutate("set_project_name", "project_id_payload", "project_id: UUID!", "name: String!"),
	}
}

func flowMutations() []mutation {
	return []mutation{
		mutate("archive_flow", "success_payload", "flow_id: UUID!"),
		mutate("create_flow", "flow_id_payload",
			"serialized_flow: JSON!", "project_id: UUID!", "version_group_id: String", "set_schedule_active: Boolean",
			"description: String", "idempotency_key: String",
		),
		mutate("create_flow_from_compressed_string", "flow_id_payload",
			"serialized_flow: String!", "project_id: UUID!", "version_group_id: String", "set_schedule_active: Boolean",
			"description: String", "idempotency_key: String",
		),
		mutate("delete_flow", "success_payload", "flow_id: UUID!"),
		mutate("disable_flow_heartbeat", "success_payload", "flow_id: UUID!"),
		mutate("disable_flow_lazarus_process", "success_payload", "flow_id: UUID!"),
		mutate("enable_flow_heartbeat", "success_payload", "flow_id: UUID!"),
		mutate("enable_flow_lazarus_process", "success_payload", "flow_id: UUID!"),
		mutate("register_edges", "success_payload", "serialized_edges: JSON!", "flow_id: UUID!"),
		mutate("register_tasks", "success_payload", "serialized_tasks: JSON!", "flow_id: UUID!"),
		mutate("set_schedule_active", "success_payload", "flow_id: UUID!"),
		mutate("set_schedule_inactive", "success_payload", "flow_id: UUID!"),
		mutate("update_flow_project", "flow_id_payload", "flow_id: UUID!", "project_id: UUID!"),
	}
}

func flowGroupMutations() []mutation {
	return []mutation{
		mutate("delete_flow_group", "success_payload", "flow_group_id: UUID!"),
		mutate("delete_flow_group_schedule", "success_payload", "flow_group_id: UUID!"),
		mutate("set_flow_group_default_parameters", "success_payload", "flow_group_id: UUID!", "parameters: JSON!"),
		mutate("set_flow_group_description", "success_payload", "flow_group_id: UUID!", "description: String"),
		mutate("set_flow_group_labels", "success_payload", "flow_group_id: UUID!", "labels: [String!]"),
		mutate("set_flow_group_run_config", "success_payload", "flow_group_id: UUID!", "run_config: JSON"),
		mutate("set_flow_group_schedule", "success_payload",
			"flow_group_id: UUID!", "cron_clocks: [cron_clock_input!]", "interval_clocks: [interval_clock_input!]",
			"timezone: String",
		),
	}
}

func runMutations() []mutation {
	return []mutation{
		mutate("cancel_flow_run", "cancel_flow_run_payload", "flow_run_id: UUID!"),
		mutate("create_flow_run", "flow_run_id_payload",
			"flow_id: UUID", "parameters: JSON", "labels: [String!]", "run_config: JSON", "context: JSON",
			"scheduled_start_time: DateTime", "idempotency_key: String", "flow_run_name: String",
			"version_group_id: String",
		),
		mutate("create_task_run_artifact", "task_run_artifact_id_payload",
			"task_run_id: UUID!", "kind: String!", "data: JSON!", "tenant_id: UUID",
		),
		mutate("delete_flow_run", "success_payload", "flow_run_id: UUID!"),
		mutate("delete_task_run_artifact", "success_payload", "task_run_artifact_id: UUID!"),
		mutate("get_or_create_task_run", "task_run_id_payload", "flow_run_id: UUID!", "task_id: UUID!", "map_index: Int"),
		mutate("get_or_create_task_run_info", "get_or_create_task_run_info_payload",
			"flow_run_id: UUID!", "task_id: UUID!", "map_index: Int",
		),
		mutate("set_flow_run_labels", "success_payload", "flow_run_id: UUID!", "labels: [String!]!"),
		mutate("set_flow_run_name", "success_payload", "flow_run_id: UUID!", "name: String!"),
		mutate("set_flow_run_states", "set_flow_run_states_payload", "states: [set_flow_run_state_input!]!"),
		mutate("set_task_run_name", "success_payload", "task_run_id: UUID!", "name: String!"),
		mutate("set_task_run_states", "set_task_run_states_payload", "states: [set_task_run_state_input!]!"),
		mutate("update_flow_run_heartbeat", "success_payload", "flow_run_id: UUID!"),
		mutate("update_task_run_artifact", "success_payload", "task_run_artifact_id: UUID!", "data: JSON!"),
		mutate("update_task_run_heartbeat", "success_payload", "task_run_id: UUID!"),
	}
}

func otherMutations() []mutation {
	return []mutation{
		mutate("create_agent_config", "agent_config_id_payload", "tenant_id: UUID!", "name: String", "settings: JSON"),
		mutate("create_cloud_hook", "cloud_hook_id_payload",
			"tenant_id: UUID!", "type: cloud_hook_type!", "name: String", "version_group_id: String",
			"states: [String!]!", "config: JSON",
		),
		mutate("delete_agent", "success_payload", "agent_id: UUID!"),
		mutate("delete_agent_config", "success_payload", "agent_config_id: UUID!"),
		mutate("delete_cloud_hook", "success_payload", "cloud_hook_id: UUID!"),
		mutate("delete_message", "success_payload", "message_id: UUID!"),
		mutate("get_runs_in_queue", "runs_in_queue_payload", "tenant_id: UUID!", "before: DateTime", "labels: [String!]"),
		mutate("mark_message_as_read", "success_payload", "message_id: UUID!"),
		mutate("mark_message_as_unread", "success_payload", "message_id: UUID!"),
		mutate("register_agent", "agent_id_payload",
			"tenant_id: UUID", "labels: [String!]", "agent_config_id: UUID", "type: String!", "name: String",
		),
		mutate("set_cloud_hook_active", "success_payload", "cloud_hook_id: UUID!"),
		mutate("set_cloud_hook_inactive", "success_payload", "cloud_hook_id: UUID!"),
		mutate("test_cloud_hook", "success_payload",
			"cloud_hook_id: UUID!", "flow_run_id: UUID", "state_type: test_cloud_hook_state_type",
		),
		mutate("update_agent_config", "success_payload", "agent_config_id: UUID!", "name: String", "settings: JSON"),
		mutate("write_run_logs", "success_payload", "logs: [write_run_log_input!]!"),
	}
}

func payloads() []Record {
	return []Record{
		record("agent_config_id_payload", "id: UUID"),
		record("agent_id_payload", "id: UUID"),
		record("api_info", "backend: String", "mode: String", "version: String", "core_version: String", "release_timestamp: String"),
		record("cancel_flow_run_payload", "state: String"),
		record("cloud_hook_id_payload", "id: UUID"),
		record("flow_id_payload", "id: UUID"),
		record("flow_run_id_payload", "id: UUID"),
		record("get_or_create_task_run_info_payload", "id: UUID", "version: Int", "state: String", "serialized_state: JSON"),
		record("mapped_children_payload", "min_start_time: DateTime", "max_end_time: DateTime", "state_counts: JSON"),
		record("project_id_payload", "id: UUID"),
		record("reference_data", "state_hierarchy: JSON!", "state_info: JSON!"),
		record("runs_in_queue_payload", "flow_run_ids: [String!]"),
		record("set_flow_run_state_payload", "id: UUID", "status: String", "message: String"),
		record("set_flow_run_states_payload", "states: [set_flow_run_state_payload!]"),
		record("set_task_run_state_payload", "id: UUID", "status: String", "message: String"),
		record("set_task_run_states_payload", "states: [set_task_run_state_payload!]"),
		record("success_payload", "success: Boolean", "error: String"),
		record("task_run_artifact_id_payload", "id: UUID"),
		record("task_run_id_payload", "id: UUID"),
		record("task_run_info_payload", "id: UUID", "version: Int", "serialized_state: JSON", "state: String"),
		record("tenant_id_payload", "id: UUID"),
	}
}

func inputs() []Record {
	return []Record{
		record("cron_clock_input", "cron: String!", "parameter_defaults: JSON"),
		record("get_or_create_mapped_task_run_children_input", "flow_run_id: UUID!", "task_id: UUID!", "max_map_index: Int!"),
		record("interval_clock_input", "interval: Int!", "parameter_defaults: JSON"),
		record("set_flow_run_state_input", "flow_run_id: UUID!", "version: Int", "state: JSON!"),
		record("set_task_run_state_input", "task_run_id: UUID!", "version: Int", "state: JSON!", "flow_run_version: Int"),
		record("write_run_log_input", "flow_run_id: UUID!", "task_run_id: UUID", "timestamp: DateTime", "message: String", "name: String", "level: log_level", "info: JSON"),
	}
}

func enums() []Enum {
	return []Enum{
		{Name: "cloud_hook_type", Values: []string{"PAGERDUTY", "SLACK_WEBHOOK", "TWILIO", "WEBHOOK", "PREFECT_MESSAGE"}},
		{Name: "log_level", Values: []string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}},
		{Name: "test_cloud_hook_state_type", Values: []string{"SCHEDULED", "SUBMITTED", "SUCCESS", "RUNNING", "FAILED"}},
	}
}
