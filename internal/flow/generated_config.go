package flow

// NotGenerated are the arguments that generated configuration leaves out of a
// flow that exists, because an import takes them from `flow_json` (see
// importInputs). Spelled out, they would also replace what the next build
// document says of them. The version group is that of the flow's name.
func NotGenerated() []string {
	return []string{"name", "labels", "run_config", "version_group_id"}
}
