package flow

// NotGenerated lists the arguments to omit from generated configuration for an existing flow, because an
// import takes them from `flow_json` (see importInputs). If they were written out, they would also override
// the next build document. The version group follows from the flow's name.
func NotGenerated() []string {
	return []string{"name", "labels", "run_config", "version_group_id"}
}
