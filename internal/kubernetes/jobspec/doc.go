// Package jobspec computes the Job that the Prefect 1.4.1 Kubernetes agent creates for a flow run. It
// contacts nothing.
package jobspec

// Labels that the Kubernetes agent puts on a Job and on its pods.
const (
	LabelFlowRunID  = "prefect.io/flow_run_id"
	LabelFlowID     = "prefect.io/flow_id"
	LabelIdentifier = "prefect.io/identifier"
)
