// Package framework contains what the provider's resources, data sources, list resources, actions and
// ephemeral resources share: the provider data they are configured with, diagnostics made from typed errors,
// conversions that keep null, unknown and empty apart, identity and import, and small validators and plan
// modifiers.
//
// It uses the Prefect client and the Kubernetes client, but knows none of the provider's object types.
//
// Durations and times are plain strings here. The types of terraform-plugin-framework-timetypes refuse a
// wrong value without an example of a right one, accept negative durations, and treat times that differ by
// less than a second as equal, although they are different start times for a run.
package framework
