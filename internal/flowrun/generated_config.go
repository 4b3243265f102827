package flowrun

// NotGenerated lists the arguments to omit from generated configuration for an existing run.
// `version_group_id` conflicts with `flow_id`, which says which version ran. With the existing run's key, a
// changed input would find that run again instead of starting a new one; with its start time, the new run
// would have been due long ago.
func NotGenerated() []string {
	return []string{"version_group_id", "idempotency_key", "scheduled_start_time"}
}
