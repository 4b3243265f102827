// Package runconfig is the typed `run_config` attribute that nouns of HCL share:
// its schema, its checks, and its conversion to and from the serialised form.
//
// An attribute of `kubernetes` that is null is null in the serialised run
// configuration: the agent or the job template decides. An empty env or
// image_pull_secrets is itself. All attributes are optional and computed, so
// that a plan can keep what is in state where the configuration means the same.
package runconfig
