// Package flowgroup is prefect_flow_group: the settings that all versions of a
// flow share, as a resource and as a data source.
//
// # What is managed
//
// Each setting is managed on its own. One that is null is not managed: what the
// Server has stays, and state does not show it. Setting it starts managing it.
// Leaving it out again, or destroying the resource, gives back what was managed,
// that is, restores the default of a new group: no description, no labels of its
// own (the flow's are inherited), no run configuration, no default parameters, no
// schedule, heartbeats and Lazarus on. Importing manages every setting that is
// not the default.
//
// # Null and empty
//
//   - labels [] takes all labels from the runs; runs of a group without labels of
//     its own inherit those of the run configuration, the group's before the
//     flow's.
//   - schedule with clocks [] is a schedule without runs, and comes before the
//     flow's own.
//   - description "" and default_parameters {} are managed values.
//
// # Meaning
//
// Documents are compared by meaning: default_parameters and parameter_defaults
// as JSON, run_config in its serialised form, schedule by its clocks in any
// order, intervals by length. The moment that the Server stamps into a schedule
// when it is set is no part of it.
//
// # schedule_active
//
// The Server keeps the switch of a schedule at the version, not at the group. The
// group's newest version is the one that is switched. What the switch was before
// Terraform managed it cannot be known, so giving it back leaves it, except that
// a version is switched off when the last schedule it could follow is removed.
package flowgroup
