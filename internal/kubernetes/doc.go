// Package kubernetes is what the provider and its tests know of Kubernetes: how to reach a cluster, which Job the
// Prefect Kubernetes agent creates for a flow run, and what became of that Job and its pods.
package kubernetes

// Labels that the Kubernetes agent puts on a Job and on its pods.
const (
	LabelFlowRunID  = "prefect.io/flow_run_id"
	LabelFlowID     = "prefect.io/flow_id"
	LabelIdentifier = "prefect.io/identifier"
)
