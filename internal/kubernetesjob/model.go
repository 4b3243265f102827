package kubernetesjob

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/jobvalue"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// model is the data source's attributes.
type model struct {
	jobvalue.Job

	FlowRunID  types.String     `tfsdk:"flow_run_id"`
	Attempts   types.Int64      `tfsdk:"attempts"`
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
	jobvalue.Pod

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
	jobvalue.Container

	LastReason   types.String `tfsdk:"last_reason"`
	LastExitCode types.Int64  `tfsdk:"last_exit_code"`
}

// fill sets the attributes from a Job; attempts is the number of Jobs of its run.
func (m *model) fill(job *runjobs.Job, attempts int) {
	m.Job, m.Attempts = jobvalue.OfJob(job), types.Int64Value(int64(attempts))
	m.Message = framework.StringOrNullIfEmpty(job.Message)
	m.Active = types.Int64Value(int64(job.Active))
	m.Created, m.StartTime, m.EndTime = framework.TimeOrNull(&job.CreatedAt), framework.TimeOrNull(job.StartedAt), framework.TimeOrNull(job.FinishedAt)
	m.Conditions, m.Events = each(job.Conditions, conditionOf), each(job.Events, eventOf)
	m.Pods = each(job.Pods, podOf)
}

// each converts a list; nil gives an empty one.
func each[T, U any](from []T, one func(*T) U) []U {
	to := make([]U, 0, len(from))
	for i := range from {
		to = append(to, one(&from[i]))
	}
	return to
}

func podOf(p *runjobs.Pod) podModel {
	return podModel{
		Pod: jobvalue.OfPod(p), StartTime: framework.TimeOrNull(p.StartedAt), Conditions: each(p.Conditions, conditionOf), Events: each(p.Events, eventOf),
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
		Container:  jobvalue.OfContainer(c),
		LastReason: framework.StringOrNullIfEmpty(c.LastReason), LastExitCode: jobvalue.Int32OrNull(c.LastExitCode),
	}
}
