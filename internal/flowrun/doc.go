// Package flowrun implements prefect_flow_run: a run of a flow as a resource, data sources, a list resource
// and actions.
//
// # A run is history
//
// A run starts once and its inputs never change. A changed input or a changed value in triggers therefore
// replaces the resource, which starts another run. Nothing else does: not a finished Job that the agent
// deleted, not a state that somebody set by hand, and not a deleted record of a finished run. Such a run
// stays in the state with record_deleted = true. Only a run that had not finished when its record was deleted
// is removed from the state, because there is no result to keep.
//
// Removing an argument, or omitting it after an import, keeps the run's value and never starts a run. Neither
// does adding or removing a key of triggers, or the whole map.
//
// # Never two runs
//
// Terraform records the result of Create only when Create returns, and marks an object as tainted if Create
// returned an error: the next apply then calls Delete and Create for it. A provider that is killed while it
// waits leaves nothing in the state at all. Neither may lead to a second run, yet only an error makes the
// apply of a failed run fail. So Create finds its own earlier runs on the Server:
//
//   - The idempotency key of a run is "terraform-<digest>-<random>". The digest
//     covers the inputs and triggers, so it is the same in the next attempt of
//     an apply; the random part lets the same inputs run again later.
//   - Once the run is safely in Terraform's state, because Create or Update
//     returned without an error or was interrupted, the provider writes a line
//     to the run's log: the run is recorded. It does so shortly after the
//     return, or when Terraform stops the provider, whichever is first. A run
//     without that line is open: its Create failed, timed out or was killed.
//   - Create looks for the newest open run with the digest of its inputs and
//     continues it: it waits for it, or reports its failure again, as long as
//     the configuration stays the same. Only if there is none does it start a
//     run, with a new key.
//   - The plan names the run that Create will continue.
//   - Delete writes the same line, so the run is no longer open. The exception
//     is the Delete of a tainted object: if the planned replacement has the
//     same digest, it keeps the run, whatever on_destroy says, because the
//     following Create continues it. Delete recognises a tainted object by its
//     private data: only a tainted object is planned as if it did not exist,
//     so the data has the digest but no run.
//   - Resources with equal inputs in one configuration start one run each: a
//     process never continues a run that another of its resources has claimed.
//
// An interruption (Ctrl-C) is not an error of this resource: Create and Update return what they know with a
// warning, Terraform stops by itself, and the run is in the state, not tainted. The state's private data
// records if the wait has reached its goal ("settled"). Until then, each plan is an update in place that
// continues the wait. Afterwards, the provider never waits for the run again.
//
// A run that failed with on_failure = "error" is never settled: every apply reports the failure again,
// without starting anything, until an input or trigger changes, on_failure is "warn", success_states includes
// the state, or the resource is destroyed. Otherwise a second apply would go on to everything that depends on
// the run.
//
// # Waiting
//
// Package runwait waits for the run, for the resource and the actions alike (wait.go). testdata/causes
// contains the diagnostic of every cause, recorded from a real control plane and the provider; the guide on
// failures is built from these files.
//
// # Actions
//
// The action prefect_flow_run runs a flow at each invocation, waits in the same way and reports progress.
// prefect_flow_run_cancel cancels a run, and prefect_flow_run_restart restarts one where it failed
// (restart_action.go, restart_checks.go). Actions have no state, so the section on two runs does not apply to
// them. A restart is still the same run: a resource that has it takes up its new end.
package flowrun
