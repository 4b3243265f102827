package flowrun

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/jobvalue"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// observed contains the attributes that change during a run. The plan of an apply that waits leaves them all
// unknown. To add one, add a field here, set it in observe or details, and add a line to observedAttributes.
type observed struct {
	State            types.String `tfsdk:"state"`
	StateMessage     types.String `tfsdk:"state_message"`
	StartTime        types.String `tfsdk:"start_time"`
	EndTime          types.String `tfsdk:"end_time"`
	TimesResurrected types.Int64  `tfsdk:"times_resurrected"`
	Agent            types.Object `tfsdk:"agent"`
	States           types.List   `tfsdk:"states"`
	Logs             types.List   `tfsdk:"logs"`
	Job              types.Object `tfsdk:"job"`
}

// observe updates the attributes from the run, except for its history and log.
func (o *observed) observe(ctx context.Context, run *prefect.FlowRun) diag.Diagnostics {
	o.State = framework.StringOrNullIfEmpty(run.State)
	o.StateMessage = framework.StringOrNullIfEmpty(run.StateMessage)
	o.StartTime, o.EndTime = framework.TimeOrNull(run.StartTime), framework.TimeOrNull(run.EndTime)
	o.TimesResurrected = types.Int64Value(int64(run.TimesResurrected))
	var diags diag.Diagnostics
	o.Agent, diags = agentValue(ctx, run.Agent)
	return diags
}

func nothingObserved() observed { return observedAs(nil) }
func yetToObserve() observed    { return observedAs(tftypes.UnknownValue) }

// observedAs sets every attribute to the same value, nil for null.
//
//nolint:contextcheck,nolintlint // converts types without waiting
func observedAs(value any) observed {
	ctx := context.Background()
	kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
	for name, attribute := range observedAttributes() {
		kind := attribute.GetType()
		one, err := kind.ValueFromTerraform(ctx, tftypes.NewValue(kind.TerraformType(ctx), value))
		if err != nil {
			panic(fmt.Sprintf("%s: %s", name, err)) // every type has a null and an unknown value
		}
		kinds[name], values[name] = kind, one
	}
	var o observed
	if diags := types.ObjectValueMust(kinds, values).As(ctx, &o, basetypes.ObjectAsOptions{}); diags.HasError() {
		panic(fmt.Sprint(diags)) // the struct does not match the schema, which every test would detect
	}
	return o
}

// observedType returns the type of an observed attribute.
func observedType[T attr.Type](name string) T {
	kind, ok := observedAttributes()[name].GetType().(T)
	if !ok {
		panic("the attribute " + name + " has another type")
	}
	return kind
}

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
	jobvalue.Job

	Node    types.String `tfsdk:"node"`
	Attempt types.Int64  `tfsdk:"attempt"`
	Pods    []podModel   `tfsdk:"pods"`
}

type podModel struct {
	jobvalue.Pod

	Containers []jobvalue.Container `tfsdk:"containers"`
}

func agentValue(ctx context.Context, agent *prefect.Agent) (types.Object, diag.Diagnostics) {
	kind := observedType[types.ObjectType]("agent").AttrTypes
	if agent == nil {
		return types.ObjectNull(kind), nil
	}
	labels := agent.Labels
	if labels == nil {
		labels = []string{}
	}
	list, diags := framework.StringList(ctx, labels)
	value, d := types.ObjectValueFrom(ctx, kind, agentModel{
		ID: types.StringValue(agent.ID), Name: framework.StringOrNullIfEmpty(agent.Name), Labels: list,
	})
	diags.Append(d...)
	return value, diags
}

func statesValue(ctx context.Context, passed []prefect.FlowRunState) (types.List, diag.Diagnostics) {
	all := make([]stateModel, 0, len(passed))
	for _, s := range passed {
		all = append(all, stateModel{
			State: types.StringValue(s.State), Message: framework.StringOrNullIfEmpty(s.Message),
			Time: framework.TimeOrNull(&s.Timestamp),
		})
	}
	return types.ListValueFrom(ctx, observedType[types.ListType]("states").ElemType, all)
}

func logsValue(ctx context.Context, logs []prefect.Log) (types.List, diag.Diagnostics) {
	all := make([]logModel, 0, len(logs))
	for _, l := range logs {
		all = append(all, logModel{
			Time: framework.TimeOrNull(&l.Timestamp), Level: framework.StringOrNullIfEmpty(l.Level),
			Name: framework.StringOrNullIfEmpty(l.Name), Message: types.StringValue(l.Message),
		})
	}
	return types.ListValueFrom(ctx, observedType[types.ListType]("logs").ElemType, all)
}

// jobValue converts the newest Job; null if there is none.
func jobValue(ctx context.Context, jobs []runjobs.Job) (types.Object, diag.Diagnostics) {
	kind := observedType[types.ObjectType]("job").AttrTypes
	j := runwait.Newest(jobs)
	if j == nil {
		return types.ObjectNull(kind), nil
	}
	m := jobModel{Job: jobvalue.OfJob(j), Attempt: types.Int64Value(int64(j.Attempt)), Pods: []podModel{}}
	if !j.Failed && succeededPod(j) { // the Job's own condition follows shortly
		m.Status = types.StringValue(runjobs.JobComplete)
	}
	for i := range j.Pods {
		pod := podModel{Pod: jobvalue.OfPod(&j.Pods[i]), Containers: []jobvalue.Container{}}
		for k := range j.Pods[i].Containers {
			pod.Containers = append(pod.Containers, jobvalue.OfContainer(&j.Pods[i].Containers[k]))
		}
		m.Pods = append(m.Pods, pod)
		if !pod.Node.IsNull() {
			m.Node = pod.Node
		}
	}
	return types.ObjectValueFrom(ctx, kind, m)
}

// succeededPod reports whether the newest pod succeeded.
func succeededPod(j *runjobs.Job) bool {
	return len(j.Pods) > 0 && j.Pods[len(j.Pods)-1].Phase == runwait.PodSucceeded
}
