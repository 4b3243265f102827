// Package flow implements prefect_flow: the registration of a flow with a Prefect Server, as a resource and
// as a data source.
//
// # What a registration is
//
// The inputs flow_json, name, labels and run_config together define one serialised flow, the one that would
// be sent to the Server. Its idempotency key, the one that `prefect register` computes, identifies that
// meaning: two sets of inputs with the same key are the same registration, however differently they are
// written. Inputs are therefore compared as a whole and by meaning. While the key stays the same, the plan
// keeps the four inputs from the state, so reformatted JSON, a label moved from the flow to labels, or an
// imported registration show no difference.
//
// # A flow in a file
//
// flow_file is the other way to give the flow. The state then has the path, and
// never the flow: what follows from it is idempotency_key, summary and parameters.
// A note in the private data says which key the inputs had when they were last
// applied, with a hash of them and the file's content. A plan that finds the same
// hash and the key of the newest version has nothing to do, and decodes nothing.
// The note is written by an apply only: the plan of another flow must not change
// what the state's inputs mean.
//
// Terraform plans once more when it applies, and compares the plans: a file that
// means another flow by then is refused because idempotency_key differs. Between
// that and the apply proper, checkUnchanged notices. Read, Delete and the plan of a
// destroy do without the file.
//
// changes compares the configured flow with the version in state, which is read
// from the Server if the state's inputs are not that version. Versions do not
// change, so both plans of an apply say the same; that is why a Server that does not
// answer is an error here.
//
// # When a version is registered
//
// A plan registers a new version if and only if one of these holds:
//
//   - the key of the configuration is not the key of the newest version;
//   - the newest version is archived, which no mutation can undo;
//   - a description is configured that the newest version does not have, since
//     the Server can set it only while it registers.
//
// The key of the newest version is the one that the Server stores or, for a version registered without one
// (`prefect register --force`, or `flow.register()`), the key of the serialised flow on the Server. The next
// refresh therefore sees a version that somebody else registered, and keeps it if it is the configured flow.
//
// Computed values of a version (flow_id, version and so on) are unknown only in a plan that registers a
// version, or that cannot tell because an input is unknown. What follows from the flow itself (its key, its
// parameters) is known even then.
//
// # A creation that failed
//
// Terraform marks an object as tainted if its Create returned an error, and replaces it in the next apply:
// Delete, then Create. Create returns an error after registering the flow if the version cannot be read back
// or its schedule cannot be activated. This must neither register a second version nor lose the existing
// history. So:
//
//   - The plan of a creation records in its private data which version group it
//     will use. If that is the tainted object's own, Delete does nothing,
//     whatever deletion_policy says: Create adopts the registration, or adds a
//     version if the flow has changed meanwhile.
//   - If unknown inputs hide the version group at plan, Delete archives the flow
//     and keeps the history, even with deletion_policy "delete".
//   - Delete recognises a tainted object by its private data: only a tainted
//     object is planned as if it did not exist. So `-replace` and a changed
//     version_group_id follow deletion_policy, and an object tainted by hand is
//     adopted like one that failed.
//   - A Delete after the Create of its replacement (create_before_destroy) does
//     not touch the version group of that Create.
//
// # A renamed resource
//
// Terraform destroys the old address and creates the new one in any order, and a Delete cannot know that a
// Create in the same apply adopts the flow later. A plan that does both for one version group is therefore
// refused, with advice to use a `moved` block; see framework.Custody. With deletion_policy "abandon" nothing
// is lost, and the new address adopts the flow.
//
// # Null, empty, unknown
//
//   - name null: the name of the only flow in flow_json. It is always known in
//     state.
//   - labels null and labels [] both add no label. They differ in state only.
//   - run_config null keeps the run configuration in flow_json; run_config with
//     kubernetes = {} replaces it by KubernetesRun().
//   - In kubernetes, a null attribute is null in the serialised run
//     configuration: the agent or the job template decides. An empty env or
//     image_pull_secrets differs from null: they have different keys, because
//     the 1.x client serialises them differently.
//   - description null: not managed. A registration by this resource copies the
//     previous version's description. "" is an empty description.
//   - schedule_active null: not managed, and null in state, because the flow
//     group's resource may manage it. Registering activates the schedule, as
//     `prefect register` does, unless the previous version was deactivated, and
//     later changes by others are kept. An import shows what the Server has.
//   - Unknown inputs defer every check that needs them until they are known, at
//     the latest during apply, before anything is sent.
package flow
