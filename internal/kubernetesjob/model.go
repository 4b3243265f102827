package kubernetesjob

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// model is the data source.
type model struct {
	FlowRunID  types.String     `tfsdk:"flow_run_id"`
	Name       types.String     `tfsdk:"name"`
	Namespace  types.String     `tfsdk:"namespace"`
	UID        types.String     `tfsdk:"uid"`
	Attempts   types.Int64      `tfsdk:"attempts"`
	Image      types.String     `tfsdk:"image"`
	Status     types.String     `tfsdk:"status"`
	Reason     types.String     `tfsdk:"reason"`
	Message    types.String     `tfsdk:"message"`
	Active     types.Int64      `tfsdk:"active"`
	Created    types.String     `tfsdk:"created"`
	StartTime  types.String     `tfsdk:"start_time"`
	EndTime    types.String     `tfsdk:"end_time"`
	Conditions []conditionModel `tfsdk:"conditions"`
	Events     []eventModel     `tfsdk:"events"`
	Pods       []podModel       `tfsdk:"pods"`
}

type podModel struct {
	Name           types.String     `tfsdk:"name"`
	UID            types.String     `tfsdk:"uid"`
	Node           types.String     `tfsdk:"node"`
	Phase          types.String     `tfsdk:"phase"`
	Reason         types.String     `tfsdk:"reason"`
	Message        types.String     `tfsdk:"message"`
	StartTime      types.String     `tfsdk:"start_time"`
	Conditions     []conditionModel `tfsdk:"conditions"`
	Containers     []containerModel `tfsdk:"containers"`
	InitContainers []containerModel `tfsdk:"init_containers"`
	Events         []eventModel     `tfsdk:"events"`
}

type conditionModel struct {
	Type    types.String `tfsdk:"type"`
	Status  types.String `tfsdk:"status"`
	Reason  types.String `tfsdk:"reason"`
	Message types.String `tfsdk:"message"`
}

type eventModel struct {
	Type      types.String `tfsdk:"type"`
	Reason    types.String `tfsdk:"reason"`
	Message   types.String `tfsdk:"message"`
	Count     types.Int64  `tfsdk:"count"`
	FirstTime types.String `tfsdk:"first_time"`
	LastTime  types.String `tfsdk:"last_time"`
}

type containerModel struct {
	Name         types.String `tfsdk:"name"`
	Image        types.String `tfsdk:"image"`
	State        types.String `tfsdk:"state"`
	Reason       types.String `tfsdk:"reason"`
	Message      types.String `tfsdk:"message"`
	ExitCode     types.Int64  `tfsdk:"exit_code"`
	RestartCount types.Int64  `tfsdk:"restart_count"`
	StartTime    types.String `tfsdk:"start_time"`
	EndTime      types.String `tfsdk:"end_time"`
	LastReason   types.String `tfsdk:"last_reason"`
	LastExitCode types.Int64  `tfsdk:"last_exit_code"`
}

// fill takes over what the cluster says of a Job, one of so many of its run.
func (m *model) fill(job *runjobs.Job, attempts int) {
	m.Name, m.Namespace, m.UID = types.StringValue(job.Name), types.StringValue(job.Namespace), types.StringValue(job.UID)
	m.Attempts, m.Image = types.Int64Value(int64(attempts)), framework.StringOrNullIfEmpty(job.Image)
	m.Status = types.StringValue("active")
	switch {
	case job.Completed:
		m.Status = types.StringValue("complete")
	case job.Failed:
		m.Status = types.StringValue("failed")
	}
	m.Reason, m.Message = framework.StringOrNullIfEmpty(job.Reason), framework.StringOrNullIfEmpty(job.Message)
	m.Active = types.Int64Value(int64(job.Active))
	m.Created, m.StartTime, m.EndTime = framework.TimeOrNull(&job.CreatedAt), framework.TimeOrNull(job.StartedAt), framework.TimeOrNull(job.FinishedAt)
	m.Conditions, m.Events = each(job.Conditions, conditionOf), each(job.Events, eventOf)
	m.Pods = each(job.Pods, podOf)
}

// each converts a list; none gives an empty one.
func each[T, U any](from []T, one func(*T) U) []U {
	to := make([]U, 0, len(from))
	for i := range from {
		to = append(to, one(&from[i]))
	}
	return to
}

func podOf(p *runjobs.Pod) podModel {
	return podModel{
		Name: types.StringValue(p.Name), UID: types.StringValue(p.UID), Node: framework.StringOrNullIfEmpty(p.Node),
		Phase: framework.StringOrNullIfEmpty(p.Phase), Reason: framework.StringOrNullIfEmpty(p.Reason), Message: framework.StringOrNullIfEmpty(p.Message),
		StartTime: framework.TimeOrNull(p.StartedAt), Conditions: each(p.Conditions, conditionOf), Events: each(p.Events, eventOf),
		Containers: each(p.Containers, containerOf), InitContainers: each(p.InitContainers, containerOf),
	}
}

func conditionOf(c *runjobs.Condition) conditionModel {
	return conditionModel{
		Type: types.StringValue(c.Type), Status: types.StringValue(c.Status),
		Reason: framework.StringOrNullIfEmpty(c.Reason), Message: framework.StringOrNullIfEmpty(c.Message),
	}
}

func eventOf(e *runjobs.Event) eventModel {
	return eventModel{
		Type: types.StringValue(e.Type), Reason: types.StringValue(e.Reason), Message: types.StringValue(e.Message),
		Count: types.Int64Value(int64(e.Count)), FirstTime: framework.TimeOrNull(&e.First), LastTime: framework.TimeOrNull(&e.Last),
	}
}

func containerOf(c *runjobs.Container) containerModel {
	return containerModel{
		Name: types.StringValue(c.Name), Image: types.StringValue(c.Image), State: framework.StringOrNullIfEmpty(c.State),
		Reason: framework.StringOrNullIfEmpty(c.Reason), Message: framework.StringOrNullIfEmpty(c.Message),
		ExitCode: int32OrNull(c.ExitCode), RestartCount: types.Int64Value(int64(c.RestartCount)),
		StartTime: framework.TimeOrNull(c.StartedAt), EndTime: framework.TimeOrNull(c.FinishedAt),
		LastReason: framework.StringOrNullIfEmpty(c.LastReason), LastExitCode: int32OrNull(c.LastExitCode),
	}
}

func int32OrNull(n *int32) types.Int64 {
	if n == nil {
		return types.Int64Null()
	}
	return types.Int64Value(int64(*n))
}
