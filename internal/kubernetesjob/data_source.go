// Package kubernetesjob implements the data source prefect_kubernetes_job.
package kubernetesjob

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// NewDataSource returns the data source prefect_kubernetes_job.
func NewDataSource() datasource.DataSource {
	return framework.NewDataSource(framework.DataSource[model]{
		Name: "kubernetes_job", Schema: dataSourceSchema, Serverless: true,
		Validators: []datasource.ConfigValidator{framework.ExactlyOneOf("flow_run_id", "name")},
		Read:       read,
	})
}

// read finds the Job.
func read(ctx context.Context, data *framework.ProviderData, m *model) diag.Diagnostics {
	cluster, diags := clusterOf(data)
	if cluster == nil {
		return diags
	}
	job, attempts, diags := m.find(ctx, cluster)
	if job != nil {
		m.fill(job, attempts)
	}
	return diags
}

// clusterOf returns the client, or nil with an error.
func clusterOf(data *framework.ProviderData) (*kubeclient.Client, diag.Diagnostics) {
	const summary = "No cluster to look for the Job in"
	cluster, err := data.Kubernetes()
	switch {
	case err != nil:
		return nil, framework.Diagnose(err, summary)
	case cluster != nil:
		return cluster, nil
	case data != nil && slices.Contains(data.Unknown, "kubernetes"):
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic(summary, "`kubernetes` in the provider configuration depends on something that has not been applied yet.\n\n"+
			"Add `depends_on` with the resource that creates the cluster, so that this is read during apply.")}
	default:
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic(summary, "The provider configuration has no cluster.\n\nSet `kubernetes` in the provider block, for instance "+
			"`kubernetes = { config_path = \"~/.kube/config\" }`.")}
	}
}

// find returns the newest matching Job and how many there are.
func (m *model) find(ctx context.Context, cluster *kubeclient.Client) (*runjobs.Job, int, diag.Diagnostics) {
	namespace := m.Namespace.ValueString()
	at, what := path.Root("name"), "Job "+m.Name.ValueString()
	if !m.FlowRunID.IsNull() {
		at, what = path.Root("flow_run_id"), "a Job of flow run "+m.FlowRunID.ValueString()
	}
	where := namespace
	if where == "" {
		where = cluster.Namespace()
	}
	summary := fmt.Sprintf("Could not find %s in namespace %s", what, where)
	jobs, err := m.jobs(ctx, cluster, namespace)
	var diags diag.Diagnostics
	switch {
	case errors.Is(err, runjobs.ErrPartial):
		diags.AddWarning("Pods or events of "+what+" could not be read", framework.Sentence(err.Error()))
	case errors.Is(err, kubeclient.ErrNotFound):
		diags.AddAttributeError(at, summary, "The namespace has no Job of this name.\n\n"+
			"The agent deletes finished Jobs by default. Check the name and `namespace`.")
		return nil, 0, diags
	case err != nil:
		diags.AddError(summary, framework.Sentence(err.Error()))
		return nil, 0, diags
	}
	if len(jobs) == 0 {
		diags.AddAttributeError(at, summary, "The namespace has no Job with this run's label `prefect.io/flow_run_id`.\n\n"+
			"Either no agent has taken the run, or the agent uses another namespace (set `namespace`), or it has deleted the Job "+
			"after the run, as agents do unless DELETE_FINISHED_JOBS is False. A `prefect_flow_run` keeps what it saw of the Job in `job`.")
		return nil, 0, diags
	}
	return &jobs[len(jobs)-1], len(jobs), diags
}

func (m *model) jobs(ctx context.Context, cluster *kubeclient.Client, namespace string) ([]runjobs.Job, error) {
	if !m.FlowRunID.IsNull() {
		return runjobs.List(ctx, cluster, namespace, m.FlowRunID.ValueString())
	}
	job, err := runjobs.Get(ctx, cluster, namespace, m.Name.ValueString())
	if job == nil {
		return nil, err
	}
	if job.FlowRunID != "" {
		m.FlowRunID = types.StringValue(job.FlowRunID)
	}
	return []runjobs.Job{*job}, err
}
