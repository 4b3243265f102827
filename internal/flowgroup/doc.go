// Package flowgroup implements prefect_flow_group: the settings that all versions of a flow share, as a
// resource and as a data source.
//
// # What is managed
//
// Each setting is managed separately. A null setting is not managed: it stays as it is on the Server, and the
// state does not show it. Setting it starts managing it. Removing it, or destroying the resource, resets it
// to the default of a new group: no description, no labels of its own (the flow's are inherited), no run
// configuration, no default parameters, no schedule, heartbeats and Lazarus on. An import manages every
// setting that differs from its default.
//
// # Null and empty
//
//   - labels [] removes all labels from the runs; runs of a group without labels
//     inherit those of the run configuration, the group's before the flow's.
//   - schedule with clocks [] is a schedule without runs, and replaces the flow's.
//   - description "" and default_parameters {} are managed values.
//
// # Meaning
//
// Documents are compared by meaning: default_parameters and parameter_defaults as JSON, run_config in its
// serialised form, schedule by its clocks in any order, intervals by length. The time at which the Server
// sets a schedule is not compared.
//
// # schedule_active
//
// The Server stores the flag of a schedule with the version, not with the group. The provider sets it at the
// group's newest version. Its value before Terraform managed it is unknown, so removing the attribute keeps
// it, except that a version is deactivated when the last schedule it could follow is removed.
package flowgroup
