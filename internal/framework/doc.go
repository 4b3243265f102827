// Package framework holds the few helpers that every resource, data source,
// list resource, action and ephemeral resource of the provider shares: the
// provider data they are configured with, diagnostics made from typed errors,
// conversions that keep null, unknown and empty apart, identity and import, and
// small validators and plan modifiers.
//
// It knows the Prefect client and the Kubernetes client, but no noun of HCL.
//
// Durations and times stay plain strings here: the types of
// terraform-plugin-framework-timetypes refuse a wrong value without an example of
// a right one, let negative durations through, and count times as equal that
// differ by less than a second, which are two start times for a run.
package framework
