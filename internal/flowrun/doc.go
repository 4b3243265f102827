// Package flowrun is prefect_flow_run: a run of a flow as a resource, as data
// sources, as a list resource and as actions.
//
// # A run is history
//
// A run is started once and its inputs never change. A changed input or a
// changed value in triggers therefore replaces the resource, which starts
// another run. Nothing else does: not a finished Job that the agent deleted, not
// a state that somebody set by hand, and not the record of a finished run that
// vanished from the Server. Such a run stays in the state with
// record_deleted = true. Only a run that had not finished when its record
// vanished is removed from the state, because then there is nothing to keep.
//
// Leaving an argument out, after it was given or after an import, means "what
// the run has" and never starts a run. Adding a key to triggers, removing one,
// and adding or removing the whole map do not either.
//
// # Never two runs
//
// Terraform records what Create returns only when it returns, and marks an
// object as tainted whose Create returned an error: the next apply then calls
// Delete and Create for it. A provider that is killed while it waits leaves
// nothing in the state at all. Neither may lead to a second run, and an error is
// the only way to make a failed run fail the apply. So Create finds its own runs
// again, on the Server:
//
//   - The idempotency key of a run is "terraform-<digest>-<random>". The digest
//     covers the inputs and triggers, so that it is the same for the next attempt
//     of an apply; the random part lets the same inputs run again later.
//   - When the run is safely in Terraform's state, because Create or Update has
//     returned without an error or was interrupted, the provider writes a line
//     to the run's log that says so: the run is recorded. It does so after the
//     return, a moment later or when Terraform ends it, whichever is first. A run
//     without that line is open: its Create failed, timed out or was killed.
//   - Create looks for the newest open run with the digest of its inputs and
//     carries on with it: it waits for it, or reports its failure again, as
//     long as the configuration stays the same. Only when there is none it
//     starts a run, with a new key.
//   - A plan that will do so says which run it will carry on with.
//   - Delete ends the matter for a run by the same line. The exception is the
//     Delete that Terraform calls because the run is tainted: when the planned
//     replacement has the same digest it leaves the run alone, whatever
//     on_destroy says, because the Create that follows carries on with it. It
//     tells that case by the private data of the plan, which has the digest
//     but no run (the plan of a tainted object starts from nothing).
//   - Several resources with equal inputs in one configuration start a run
//     each: a process never takes up a run that it already holds.
//
// Being interrupted (Ctrl-C) is no error of this resource: Create and Update
// return what they know with a warning, Terraform stops by itself, and the run is
// in the state, not tainted. The state's private data says whether the wait
// has reached its goal ("settled"). As long as it has not, each plan is an update
// in place that carries on waiting; once it has, the run is never waited for
// again.
//
// A run that failed with on_failure = "error" is never settled: every apply
// reports the failure again, without starting anything, until an input or
// trigger changes, on_failure is "warn", success_states has the state, or the
// resource is destroyed. Otherwise a second apply would let everything through
// that depends on the run.
//
// # Waiting
//
// Package runwait waits for the run, of the resource and of the actions alike
// (run_wait.go). testdata/causes holds the diagnostic of every cause as a real
// control plane and the provider made it; the guide on failures is made of them.
//
// # Actions
//
// The action prefect_flow_run runs a flow each time it is invoked, waits in the
// same way and tells what happens; prefect_flow_run_cancel cancels a run. They
// keep no state, so what was said about never two runs does not concern them.
package flowrun
