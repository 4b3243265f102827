// Package runconfig implements the typed `run_config` attribute that several resources share: its schema, its
// checks, and its conversion to and from the serialised form.
//
// A null attribute of `kubernetes` is null in the serialised run configuration: the agent or the job template
// decides. An empty env or image_pull_secrets stays empty. All attributes are optional and computed, so that
// a plan can keep the state's values where the configuration means the same.
package runconfig
