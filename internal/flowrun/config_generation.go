package flowrun

// NotGenerated are the arguments that generated configuration leaves out of a run
// that exists. `version_group_id` excludes `flow_id`, which says which version
// ran. With the key of the run that exists, a changed input would find that run
// again instead of starting another, and with its start time the other would have
// been due long ago.
func NotGenerated() []string {
	return []string{"version_group_id", "idempotency_key", "scheduled_start_time"}
}
