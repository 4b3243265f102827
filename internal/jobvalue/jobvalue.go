// Package jobvalue converts what a cluster reports about a Job to attribute values. prefect_flow_run and
// prefect_kubernetes_job embed these models, so both show the same facts in the same form.
package jobvalue

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// Job is the attributes of a Job itself.
type Job struct {
	Name      types.String `tfsdk:"name"`
	Namespace types.String `tfsdk:"namespace"`
	UID       types.String `tfsdk:"uid"`
	Image     types.String `tfsdk:"image"`
	Status    types.String `tfsdk:"status"`
	Reason    types.String `tfsdk:"reason"`
}

// Pod is the attributes of a pod itself.
type Pod struct {
	Name    types.String `tfsdk:"name"`
	UID     types.String `tfsdk:"uid"`
	Node    types.String `tfsdk:"node"`
	Phase   types.String `tfsdk:"phase"`
	Reason  types.String `tfsdk:"reason"`
	Message types.String `tfsdk:"message"`
}

// Container is the attributes of a container.
type Container struct {
	Name         types.String `tfsdk:"name"`
	Image        types.String `tfsdk:"image"`
	State        types.String `tfsdk:"state"`
	Reason       types.String `tfsdk:"reason"`
	Message      types.String `tfsdk:"message"`
	ExitCode     types.Int64  `tfsdk:"exit_code"`
	RestartCount types.Int64  `tfsdk:"restart_count"`
	StartTime    types.String `tfsdk:"start_time"`
	EndTime      types.String `tfsdk:"end_time"`
}

// StatusDescription documents the attribute status.
const StatusDescription = "`active`, `suspended`, `complete` or `failed`."

// OfJob converts a Job.
func OfJob(j *runjobs.Job) Job {
	return Job{
		Name: types.StringValue(j.Name), Namespace: types.StringValue(j.Namespace), UID: types.StringValue(j.UID),
		Image: framework.StringOrNullIfEmpty(j.Image), Status: types.StringValue(j.Status()), Reason: framework.StringOrNullIfEmpty(j.Reason),
	}
}

// OfPod converts a pod.
func OfPod(p *runjobs.Pod) Pod {
	return Pod{
		Name: types.StringValue(p.Name), UID: types.StringValue(p.UID), Node: framework.StringOrNullIfEmpty(p.Node),
		Phase: framework.StringOrNullIfEmpty(p.Phase), Reason: framework.StringOrNullIfEmpty(p.Reason), Message: framework.StringOrNullIfEmpty(p.Message),
	}
}

// OfContainer converts a container.
func OfContainer(c *runjobs.Container) Container {
	return Container{
		Name: types.StringValue(c.Name), Image: types.StringValue(c.Image), State: framework.StringOrNullIfEmpty(c.State),
		Reason: framework.StringOrNullIfEmpty(c.Reason), Message: framework.StringOrNullIfEmpty(c.Message),
		ExitCode: Int32OrNull(c.ExitCode), RestartCount: types.Int64Value(int64(c.RestartCount)),
		StartTime: framework.TimeOrNull(c.StartedAt), EndTime: framework.TimeOrNull(c.FinishedAt),
	}
}

// Int32OrNull returns the number, or null for nil.
func Int32OrNull(n *int32) types.Int64 {
	if n == nil {
		return types.Int64Null()
	}
	return types.Int64Value(int64(*n))
}
