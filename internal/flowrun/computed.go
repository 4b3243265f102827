package flowrun

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

type (
	attrValue    = attr.Value
	tftypesValue = tftypes.Value
)

type agentModel struct {
	ID     types.String `tfsdk:"id"`
	Name   types.String `tfsdk:"name"`
	Labels types.List   `tfsdk:"labels"`
}

type stateModel struct {
	State   types.String `tfsdk:"state"`
	Message types.String `tfsdk:"message"`
	Time    types.String `tfsdk:"time"`
}

type logModel struct {
	Time    types.String `tfsdk:"time"`
	Level   types.String `tfsdk:"level"`
	Name    types.String `tfsdk:"name"`
	Message types.String `tfsdk:"message"`
}

type jobModel struct {
	Name      types.String `tfsdk:"name"`
	Namespace types.String `tfsdk:"namespace"`
	UID       types.String `tfsdk:"uid"`
	Image     types.String `tfsdk:"image"`
	Node      types.String `tfsdk:"node"`
	Status    types.String `tfsdk:"status"`
	Reason    types.String `tfsdk:"reason"`
	Attempt   types.Int64  `tfsdk:"attempt"`
	Pods      []podModel   `tfsdk:"pods"`
}

type podModel struct {
	Name       types.String     `tfsdk:"name"`
	UID        types.String     `tfsdk:"uid"`
	Node       types.String     `tfsdk:"node"`
	Phase      types.String     `tfsdk:"phase"`
	Reason     types.String     `tfsdk:"reason"`
	Message    types.String     `tfsdk:"message"`
	Containers []containerModel `tfsdk:"containers"`
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
}

// texts are the types of an object whose attributes are strings.
func texts(names ...string) map[string]attr.Type {
	all := make(map[string]attr.Type, len(names))
	for _, name := range names {
		all[name] = types.StringType
	}
	return all
}

func agentTypes() map[string]attr.Type {
	all := texts("id", "name")
	all["labels"] = types.ListType{ElemType: types.StringType}
	return all
}

func stateType() types.ObjectType {
	return types.ObjectType{AttrTypes: texts("state", "message", "time")}
}

func logType() types.ObjectType {
	return types.ObjectType{AttrTypes: texts("time", "level", "name", "message")}
}

func containerType() types.ObjectType {
	all := texts("name", "image", "state", "reason", "message", "start_time", "end_time")
	all["exit_code"], all["restart_count"] = types.Int64Type, types.Int64Type
	return types.ObjectType{AttrTypes: all}
}

func podType() types.ObjectType {
	all := texts("name", "uid", "node", "phase", "reason", "message")
	all["containers"] = types.ListType{ElemType: containerType()}
	return types.ObjectType{AttrTypes: all}
}

func jobTypes() map[string]attr.Type {
	all := texts("name", "namespace", "uid", "image", "node", "status", "reason")
	all["attempt"] = types.Int64Type
	all["pods"] = types.ListType{ElemType: podType()}
	return all
}

func agentValue(ctx context.Context, agent *prefect.Agent) (types.Object, diag.Diagnostics) {
	if agent == nil {
		return types.ObjectNull(agentTypes()), nil
	}
	labels := agent.Labels
	if labels == nil {
		labels = []string{}
	}
	list, diags := framework.StringList(ctx, labels)
	value, d := types.ObjectValueFrom(ctx, agentTypes(), agentModel{
		ID: types.StringValue(agent.ID), Name: framework.StringOrNullIfEmpty(agent.Name), Labels: list,
	})
	diags.Append(d...)
	return value, diags
}

func statesValue(ctx context.Context, states []prefect.FlowRunState) (types.List, diag.Diagnostics) {
	all := make([]stateModel, 0, len(states))
	for _, s := range states {
		all = append(all, stateModel{
			State: types.StringValue(s.State), Message: framework.StringOrNullIfEmpty(s.Message),
			Time: types.StringValue(timeText(s.Timestamp)),
		})
	}
	return types.ListValueFrom(ctx, stateType(), all)
}

func logsValue(ctx context.Context, logs []prefect.Log) (types.List, diag.Diagnostics) {
	all := make([]logModel, 0, len(logs))
	for _, l := range logs {
		all = append(all, logModel{
			Time: types.StringValue(timeText(l.Timestamp)), Level: framework.StringOrNullIfEmpty(l.Level),
			Name: framework.StringOrNullIfEmpty(l.Name), Message: types.StringValue(l.Message),
		})
	}
	return types.ListValueFrom(ctx, logType(), all)
}

// jobValue describes the newest Job, or is null if there is none.
func jobValue(ctx context.Context, jobs []runjobs.Job) (types.Object, diag.Diagnostics) {
	j := runwait.Newest(jobs)
	if j == nil {
		return types.ObjectNull(jobTypes()), nil
	}
	m := jobModel{
		Name: types.StringValue(j.Name), Namespace: types.StringValue(j.Namespace), UID: types.StringValue(j.UID),
		Image: framework.StringOrNullIfEmpty(j.Image), Status: types.StringValue("active"),
		Reason: framework.StringOrNullIfEmpty(j.Reason), Attempt: types.Int64Value(int64(j.Attempt)), Pods: []podModel{},
	}
	switch {
	case j.Completed, !j.Failed && succeededPod(j): // the Job's own condition follows a moment later
		m.Status = types.StringValue("complete")
	case j.Failed:
		m.Status = types.StringValue("failed")
	}
	for _, p := range j.Pods {
		m.Pods = append(m.Pods, podValue(p))
		if p.Node != "" {
			m.Node = types.StringValue(p.Node)
		}
	}
	return types.ObjectValueFrom(ctx, jobTypes(), m)
}

// succeededPod says whether the newest pod succeeded.
func succeededPod(j *runjobs.Job) bool {
	return len(j.Pods) > 0 && j.Pods[len(j.Pods)-1].Phase == runwait.PodSucceeded
}

func podValue(p runjobs.Pod) podModel {
	m := podModel{
		Name: types.StringValue(p.Name), UID: types.StringValue(p.UID), Node: framework.StringOrNullIfEmpty(p.Node),
		Phase: types.StringValue(p.Phase), Reason: framework.StringOrNullIfEmpty(p.Reason),
		Message: framework.StringOrNullIfEmpty(p.Message), Containers: []containerModel{},
	}
	for _, c := range p.Containers {
		container := containerModel{
			Name: types.StringValue(c.Name), Image: types.StringValue(c.Image), State: framework.StringOrNullIfEmpty(c.State),
			Reason: framework.StringOrNullIfEmpty(c.Reason), Message: framework.StringOrNullIfEmpty(c.Message),
			RestartCount: types.Int64Value(int64(c.RestartCount)), StartTime: optionalTime(c.StartedAt), EndTime: optionalTime(c.FinishedAt),
		}
		if c.ExitCode != nil {
			container.ExitCode = types.Int64Value(int64(*c.ExitCode))
		}
		m.Containers = append(m.Containers, container)
	}
	return m
}
