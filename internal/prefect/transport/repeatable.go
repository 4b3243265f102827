package transport

import "encoding/json"

// repeatable reports whether executing a request twice does no harm.
//
// A failed request may be retried if nothing can have happened yet (see [Error.Ambiguous]). If something may
// have happened, because the connection broke after the request was sent, a gateway answered for the Server,
// or the Server had an internal error, it depends on the operation:
//
//   - Queries change nothing.
//   - Mutations that set a thing to a value, remove a thing or stop a thing leave the same behind when they are carried
//     out twice. The answer to the second removal is "no such row"; the methods that delete allow for that.
//   - register_tasks and register_edges skip what is already there, register_agent returns the same agent.
//   - create_flow_run and create_flow(_from_compressed_string) return the first result when an idempotency key is
//     given. Registration has a gap there, which [Client.RegisterFlow] closes.
//   - All other creations (tenant, project, cloud hook), and states and logs, happen again when repeated. The methods
//     for creations look for the result first; see createOnce.
func (o *operation) repeatable(variables []byte) bool {
	if !o.mutation {
		return true
	}
	for _, root := range o.roots {
		switch {
		case repeatableMutations[root]:
		case keyedMutations[root] && hasIdempotencyKey(variables):
		default:
			return false
		}
	}
	return true
}

// mayRepeat reports whether retrying the request after this failure does no harm.
func (o *operation) mayRepeat(f *failure, variables []byte) bool {
	return !f.err.Ambiguous || o.repeatable(variables)
}

// repeatableMutations are idempotent by nature.
var repeatableMutations = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"archive_flow":                      true,
	"cancel_flow_run":                   true,
	"delete_agent":                      true,
	"delete_agent_config":               true,
	"delete_cloud_hook":                 true,
	"delete_flow":                       true,
	"delete_flow_group":                 true,
	"delete_flow_group_schedule":        true,
	"delete_flow_run":                   true,
	"delete_project":                    true,
	"delete_tenant":                     true,
	"disable_flow_heartbeat":            true,
	"disable_flow_lazarus_process":      true,
	"enable_flow_heartbeat":             true,
	"enable_flow_lazarus_process":       true,
	"get_or_create_task_run":            true,
	"get_or_create_task_run_info":       true,
	"get_runs_in_queue":                 true,
	"register_agent":                    true,
	"register_edges":                    true,
	"register_tasks":                    true,
	"set_cloud_hook_active":             true,
	"set_cloud_hook_inactive":           true,
	"set_flow_group_default_parameters": true,
	"set_flow_group_description":        true,
	"set_flow_group_labels":             true,
	"set_flow_group_run_config":         true,
	"set_flow_group_schedule":           true,
	"set_flow_run_labels":               true,
	"set_flow_run_name":                 true,
	"set_project_description":           true,
	"set_project_name":                  true,
	"set_schedule_active":               true,
	"set_schedule_inactive":             true,
	"set_task_run_name":                 true,
	"update_agent_config":               true,
	"update_flow_project":               true,
	"update_flow_run_heartbeat":         true,
	"update_task_run_heartbeat":         true,
	"update_tenant_name":                true,
	"update_tenant_settings":            true,
	"update_tenant_slug":                true,
}

// keyedMutations are idempotent if their input has an idempotency key.
var keyedMutations = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"create_flow":                        true,
	"create_flow_from_compressed_string": true,
	"create_flow_run":                    true,
}

// hasIdempotencyKey looks for a key in variables of the usual form {"input": {...}}.
func hasIdempotencyKey(variables []byte) bool {
	var v struct {
		Input struct {
			Key string `json:"idempotency_key"`
		} `json:"input"`
	}
	return json.Unmarshal(variables, &v) == nil && v.Input.Key != ""
}
