// Package cloudhook is prefect_cloud_hook: who is told when a run of a flow
// enters a state.
//
// # Replacement
//
// The Server can switch a hook on and off, and cannot change anything else of
// it. Every other change makes a new hook.
//
// # Secrets
//
// Secrets are write-only arguments: Terraform hands them over, and keeps them in
// neither plan nor state. That one has changed is said by its version argument.
// When a version argument changes, the plan asks the Server whether the secret is
// the one that the hook has: if so the hook stays and only state takes the new
// version over. That makes imports, which cannot know the versions and start with
// 1, harmless. When the secret differs although its version does not, the plan
// warns.
//
// The Server keeps the secrets in its database and returns them to everybody who
// asks; this package compares them and forgets them. Errors are searched for
// them before they are shown.
package cloudhook
