// Package runwait waits for a flow run and explains why it is late or has failed. It knows nothing of
// Terraform: the resource, the actions and the tests share it.
//
//   - waiter.go: the loop that asks the Server and watches the cluster.
//   - end_of_wait.go: the rules that end a wait, as pure functions of what was
//     observed and when.
//   - goal_reached.go: how far a run has come, and what counts as success.
//   - poll_schedule.go, forecast.go, request_budget.go: when to ask next.
//   - agent_match.go: the agents that would take the run.
//   - job_state.go, job_cause.go: the state of a Job's pods, and why a Job is
//     stuck or has failed.
//   - container_log.go: the output of a failed container, which is deleted with its pod.
//   - progress.go: progress messages during a wait.
//   - report.go: the end of a wait in words.
//   - cancel.go: cancelling a run and waiting for its end.
//
// # Asking the Server
//
// The Server is polled within a budget: sixteen requests in any minute of waiting, and three more at the end.
// If a cluster is configured, the run's Jobs and pods are watched. The end of a container, pod or Job
// triggers a poll at once, for which part of the budget is reserved, so the end of a run is noticed when it
// happens. What the watch saw is kept, because the agent deletes finished Jobs within a minute. So is the end
// of the log of a failed container, which exists nowhere else.
//
// Without a cluster, or if the run has no Job in it, nothing announces the end: Prefect Server has neither
// subscriptions nor long polling. Evenly spaced polls would be late by half an interval, two seconds with
// this budget. So the budget is spent where the end is likely: around the durations of earlier runs of the
// flow, where polls are 0.6 seconds apart. For the first run of a flow, or if earlier runs took very
// different times, the interval grows with the run, from half a second to what the budget allows.
package runwait
