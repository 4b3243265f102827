// Package flow is prefect_flow: the registration of a flow with a Prefect
// Server, as a resource and as a data source.
//
// # What a registration is
//
// The inputs flow_json, name, labels and run_config together mean one
// serialised flow, the one that would be sent to the Server. Its idempotency
// key, the one that `prefect register` computes, is the meaning of the inputs:
// two sets of inputs with the same key are the same registration, however
// differently they are written. Inputs are therefore compared as a whole and by
// meaning. While the key stays the same, the planned values of the four inputs
// are those in state, so that reformatted JSON, a label moved from the flow to
// labels, or an imported registration show no difference.
//
// # When a version is registered
//
// A plan registers a new version if and only if one of these holds:
//
//   - the key of the configuration is not the key of the newest version;
//   - the newest version is archived, which no mutation can take back;
//   - a description is configured that the newest version does not have, since
//     the Server can set it only while it registers.
//
// The key of the newest version is the one that the Server keeps, or, for a
// version registered without one (`prefect register --force`, or
// `flow.register()`), the key of the serialised flow that the Server holds. A
// version that somebody else registered is thus seen by the next refresh, and
// is left alone if it is the configured flow.
//
// Computed values of a version (flow_id, version and so on) are unknown only in
// a plan that registers a version, or that cannot know whether it will because
// an input is unknown. What follows from the flow itself (its key, its
// parameters) is known even then.
//
// # A creation that failed
//
// Terraform marks an object as tainted whose Create returned an error, and
// replaces it in the next apply: Delete, then Create. Create returns one after
// it has registered the flow if the version cannot be read back or its schedule
// cannot be activated. Nobody asked for a second version then, nor for the loss
// of a history that was there before. So:
//
//   - The plan of a creation leaves in its private data which version group it
//     will work in. The Delete of a tainted object leaves everything alone,
//     whatever deletion_policy says, if it is the object's own: Create takes the
//     registration over, or adds a version if the flow has changed meanwhile.
//   - If inputs are unknown while planning, so that this cannot be known, Delete
//     archives and keeps the history, also with deletion_policy "delete".
//   - A Delete tells this case by the private data of the plan, too: the plan of
//     a tainted object starts from nothing, and all others from the object. So
//     `-replace` and a changed version_group_id do what deletion_policy says, and
//     an object that was tainted by hand is taken over like one that failed.
//   - A Delete after the Create of its replacement (create_before_destroy) leaves
//     the version group alone that this Create works in.
//
// # A renamed resource
//
// Terraform destroys the former address and creates the new one in any order, and
// a Delete cannot know that a Create of the same apply takes the flow over later.
// A plan that does both for one version group is therefore refused, and names the
// `moved` block; see framework.Custody. With deletion_policy "abandon"
// nothing is lost, and the new address takes the flow over.
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
//     image_pull_secrets is itself: `{}` and null have different keys, because
//     the 1.x client serialises them differently.
//   - description null: not managed. A registration by this resource carries the
//     description of the version before it over. "" is an empty description.
//   - schedule_active null: not managed. Registering activates the schedule, as
//     `prefect register` does, and what others do to it afterwards is left alone.
//   - Unknown inputs put every check that needs them off until they are known,
//     at apply at the latest, before anything is sent.
package flow
