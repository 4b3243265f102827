// Package runwait waits for a flow run and says why it is late or has failed. It
// knows nothing of Terraform: the resource, the actions and the tests share it.
//
//   - waiter.go: the loop that asks the Server and watches the cluster.
//   - deadlines.go: the rules that end a wait, as pure functions of what was
//     observed and when.
//   - states.go: the states of Prefect 1, and how far a run has come.
//   - poll_schedule.go, forecast.go, request_budget.go: when to ask next.
//   - agent_match.go: whether some agent would take the run.
//   - job_state.go, job_cause.go: what a Job's pods say, and why a Job does not
//     get on or has failed.
//   - container_log.go: the output of a failed container, which goes with its pod.
//   - progress.go: what is told while a wait lasts.
//   - report.go: the end of a wait in words.
//   - cancel.go: cancelling a run and waiting for its end.
//
// # Asking the Server
//
// The Server is polled with a budget: sixteen requests in any minute of waiting,
// and three more when it ends. With a cluster configured, the run's Jobs and pods
// are watched; the end of a container, pod or Job causes a poll at once, for which
// some of the budget is kept back, so that the end of a run is noticed when it
// happens. What the watch saw is kept, because the agent deletes finished Jobs
// within a minute; so is the end of the log of a container that failed, which
// nothing else has.
//
// Without a cluster, or when the run has no Job in it, nothing announces the end:
// Prefect Server has no subscriptions and no request that waits. Evenly spread
// polls would be half a gap late, two seconds with this budget. So the budget is
// spent where the end is likely: around the times that earlier runs of the flow
// took, where polls come every 0.6 seconds. For the first run of a flow, and
// where earlier runs took very different times, the gap grows with the run, from
// half a second to what the budget allows.
package runwait
