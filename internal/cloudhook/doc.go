// Package cloudhook implements prefect_cloud_hook: notifications when a run of a flow enters a state.
//
// # Replacement
//
// The Server can only enable and disable a hook. Every other change creates a new hook.
//
// # Secrets
//
// Secrets are write-only arguments: Terraform passes them on, and stores them in neither plan nor state.
// Their version arguments announce a change. When a version argument changes, the plan asks the Server if the
// hook already has the secret; if so, the hook stays and only the state gets the new version. That makes
// imports harmless, which cannot know the versions and start with 1. If the secret differs although its
// version does not, the plan warns.
//
// The Server stores the secrets in its database and returns them to any client; this package compares them
// and discards them. It removes them from errors before they are shown.
package cloudhook
