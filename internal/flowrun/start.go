package flowrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// held is a resource's claim on the run with this id.
type held string

// sameInputs locks the runs whose inputs have this digest: finding an open run, claiming it and creating one
// are separate steps.
type sameInputs string

// String says what is locked.
func (sameInputs) String() string { return "flow runs with the same inputs" }

// openRun returns the newest run with the digest that an earlier attempt started and that is not in
// Terraform's state, or nil.
func openRun(ctx context.Context, data tenantData, digest string) (*prefect.KeyedFlowRun, error) {
	runs, err := data.Prefect.OpenFlowRuns(ctx, keyPrefix(digest), runwait.OwnLogger)
	if err != nil {
		return nil, fmt.Errorf("look for an earlier attempt: %w", err)
	}
	for _, run := range runs {
		if !run.Marked && !data.Claims.Held(held(run.ID)) {
			return &run, nil
		}
	}
	return nil, nil //nolint:nilnil // none is the usual case
}

// obtain returns the id of the run to wait for: of an earlier attempt with the same inputs, or else of a new
// run.
func obtain(ctx context.Context, data tenantData, config *model, in inputs) (string, diag.Diagnostics) {
	var diags diag.Diagnostics
	digest, err := in.digest()
	if err != nil {
		diags.AddError("The inputs of the run are not valid", err.Error())
		return "", diags
	}
	if diags := data.checkTenant(ctx); diags.HasError() {
		return "", diags
	}
	key := config.IdempotencyKey.ValueString()
	if key == "" {
		release, d := data.Lock(ctx, sameInputs(digest))
		diags.Append(d...)
		if d.HasError() {
			return "", diags
		}
		defer release()
		earlier, err := openRun(ctx, data, digest)
		if err != nil {
			diags.Append(framework.Diagnose(err, "Could not start a flow run")...)
			return "", diags
		}
		if earlier != nil {
			data.Claims.Claim(held(earlier.ID))
			tflog.Info(ctx, "Continuing the run of an earlier attempt", map[string]any{"flow_run_id": earlier.ID, "state": earlier.State})
			return earlier.ID, diags
		}
		key = newKey(digest)
	}
	id, d := createRun(ctx, data, config, in, key, "")
	diags.Append(d...)
	if id != "" {
		data.Claims.Claim(held(id))
	}
	return id, diags
}

// createRun creates a run with this key, unless it is known to fail. interrupted is the advice if Terraform
// stops the creation; "" for a resource.
func createRun(ctx context.Context, data tenantData, config *model, in inputs, key, interrupted string) (string, diag.Diagnostics) {
	for again := in.FlowID == ""; ; again = false {
		deadlines, _, _ := config.limits(ctx)
		flow, diags := preflight(ctx, data, in, deadlines.Total, in.FlowID == "" && !again)
		if diags.HasError() {
			return "", diags
		}
		request, err := config.creation(in, flow.ID, key)
		if err != nil {
			diags.AddError("The inputs of the run are not valid", err.Error())
			return "", diags
		}
		id, err := data.Prefect.CreateFlowRun(ctx, request)
		if again && (errors.Is(err, prefect.ErrArchived) || errors.Is(err, prefect.ErrNotFound)) {
			continue // a newer version was registered just now, and the older one perhaps deleted
		}
		if err != nil {
			diags.Append(startFailure(in, err, interrupted)...)
			return "", diags
		}
		return id, diags
	}
}

// startFailure explains why the Server did not create a run. interrupted is as in createRun.
func startFailure(in inputs, err error, interrupted string) diag.Diagnostics {
	f := framework.Failure{
		Summary: "Could not start a run of " + in.subject(),
		Remedies: map[error]string{
			prefect.ErrNotFound: "There is no such flow. Use the `flow_id` or `id` of a `prefect_flow` resource or data source, and check the provider's `endpoint`.",
			prefect.ErrArchived: "Archived versions cannot run. Use the flow's newest version, for instance with `version_group_id`; if that is archived, register the flow again.",
			prefect.ErrInvalid:  "If parameters are missing, set them in `" + in.parametersArgument() + "`, or set defaults in the flow group.",
		},
	}
	if in.FlowName != "" {
		f.Remedies[prefect.ErrNotFound] = "The flow was deleted just now. Register it again."
		f.Remedies[prefect.ErrArchived] = "All versions of the flow are archived, and archived versions cannot run. Register the flow again."
	}
	if interrupted != "" {
		f.Remedies[context.Canceled] = interrupted
	}
	if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, prefect.ErrArchived) {
		f.Attribute = in.at()
	} else if errors.Is(err, prefect.ErrInvalid) {
		f.Attribute = path.Root(in.parametersArgument())
	}
	return f.Diagnose(err)
}

func (in inputs) subject() string {
	switch {
	case in.FlowName != "":
		return fmt.Sprintf("flow %q of project %q", in.FlowName, in.ProjectName)
	case in.FlowID != "":
		return "flow " + in.FlowID
	}
	return "version group " + in.VersionGroupID
}

// findFlow returns the flow version to run. The newest of a version group is looked up in the provider's
// tenant only.
func findFlow(ctx context.Context, client *prefect.Client, in inputs) (*prefect.Flow, error) {
	if in.FlowID != "" {
		return client.LookForFlowVersion(ctx, in.FlowID) //nolint:wrapcheck // the client's errors name the request
	}
	return client.LookForCurrentFlow(ctx, in.VersionGroupID) //nolint:wrapcheck // as above
}

// findFlowNow is findFlow for what is about to be refused: looks may be some seconds old.
func findFlowNow(ctx context.Context, client *prefect.Client, in inputs) (*prefect.Flow, error) {
	if in.FlowID != "" {
		return client.GetFlow(ctx, in.FlowID) //nolint:wrapcheck // as above
	}
	return client.CurrentFlow(ctx, in.VersionGroupID) //nolint:wrapcheck // as above
}

// findFlowToRun is findFlow, unless the parameters would be refused because of what it finds.
func findFlowToRun(ctx context.Context, client *prefect.Client, in inputs) (*prefect.Flow, error) {
	flow, err := findFlow(ctx, client, in)
	if err == nil && checkParameters(flow, in).HasError() {
		return findFlowNow(ctx, client, in)
	}
	return flow, err
}

// preflight returns the flow version to run, and rejects what is known to fail before a run exists. Cluster
// requests take at most limit (0: the usual time). again is set if the version that was found before is archived
// or gone by now.
func preflight(ctx context.Context, data tenantData, in inputs, limit time.Duration, again bool) (*prefect.Flow, diag.Diagnostics) {
	flow, err := findFlowToRun(ctx, data.Prefect, in)
	if errors.Is(err, prefect.ErrNotFound) || err == nil && (again || flow.Archived) {
		flow, err = findFlowNow(ctx, data.Prefect, in)
	}
	if err == nil && flow.Archived {
		err = fmt.Errorf("flow %q version %d: %w", flow.Name, flow.Version, prefect.ErrArchived)
	}
	if err != nil {
		return nil, noSuchFlow(ctx, data, in, err, "No run was created. Run the command again.")
	}
	diags := checkParameters(flow, in)
	if diags.HasError() || !data.HasCluster() {
		return flow, diags
	}
	diags.Append(tryJob(ctx, data, flow, in, limit, created)...)
	return flow, diags
}

// effectiveRunConfig returns the run configuration that the run will have.
func effectiveRunConfig(flow *prefect.Flow, in inputs) map[string]any {
	if in.RunConfig != nil {
		return in.RunConfig
	}
	for _, raw := range []json.RawMessage{flow.Group.RunConfig, flow.RunConfig} {
		if value, err := decodeJSON(string(raw)); err == nil {
			if object, ok := value.(map[string]any); ok {
				return object
			}
		}
	}
	return nil
}

// starting is how a run gets to an agent, for messages.
type starting string

const (
	created   starting = "created"
	restarted starting = "restarted"
)

// refused says that a run did not.
func (s starting) refused() string {
	if s == restarted {
		return "The run was not restarted."
	}
	return "No run was created."
}

// unchecked says that a run does although its Job is not checked.
func (s starting) unchecked(why string) string {
	return fmt.Sprintf("%s\n\nThe run is %s without this check.", framework.Sentence(why), s)
}

// tryJob submits the Job that the agent would create as a dry run, so that a refusal by the cluster is known
// before the run gets to the agent.
func tryJob(ctx context.Context, data tenantData, flow *prefect.Flow, in inputs, limit time.Duration, how starting) diag.Diagnostics {
	const summary = "The Job could not be checked (dry run)"
	var diags diag.Diagnostics
	config := effectiveRunConfig(flow, in)
	switch config["type"] {
	case nil, "KubernetesRun", "UniversalRun":
	default:
		return nil // for an agent of another kind
	}
	storage, err := decodeJSON(string(flow.Storage))
	if err != nil {
		return nil
	}
	stored, _ := storage.(map[string]any)
	job, err := jobspec.Generate(jobspec.Run{
		ID: "00000000-0000-0000-0000-000000000000", FlowID: flow.ID, CoreVersion: flow.CoreVersion, RunConfig: config, Storage: stored,
	}, jobspec.Agent{API: data.Prefect.Endpoint()}, "00000000")
	switch {
	case errors.Is(err, jobspec.ErrTemplateUnavailable):
		tflog.Info(ctx, "Only the agent can read the job template; the Job is not checked", map[string]any{"error": err.Error()})
		return nil
	case err != nil:
		diags.AddError("The Kubernetes agent could not create a Job for "+flowTitle(flow),
			fmt.Sprintf("%s\n\nThe agent would fail the run. Correct the run configuration of the run, the flow group or the flow. %s", framework.Sentence(err.Error()), how.refused()))
		return diags
	}
	cluster, err := data.Kubernetes()
	if err != nil {
		diags.AddWarning(summary, how.unchecked(err.Error()))
		return diags
	}
	if limit == 0 {
		limit = kubeclient.OperationTimeout
	}
	err = kubeclient.Within(ctx, limit, func(ctx context.Context) error { return runjobs.DryRun(ctx, cluster, "", job) })
	switch {
	case err == nil:
	case errors.Is(err, kubeclient.ErrRejected) && !kubeclient.Malformed(err) && !hasTemplate(config):
		// The agent's template may contain the resources, service account or security context that a policy
		// requires.
		diags.AddWarning("The cluster may refuse the Job of "+flowTitle(flow),
			fmt.Sprintf("%s\n\nThe cluster rejected the Job that an agent without its own job template would create. If your agent has one (`--job-template`), "+
				"the run may still work, so it is %s. "+
				"To check the real Job, set a job template in the run configuration of the run, the flow group or the flow.", framework.Sentence(err.Error()), how))
	case errors.Is(err, kubeclient.ErrRejected):
		diags.AddError("The cluster refuses the Job of "+flowTitle(flow),
			fmt.Sprintf("%s\n\nThe agent would create this Job, so the run would fail. Correct the job template, the run configuration "+
				"or the cluster's policy. %s", framework.Sentence(err.Error()), how.refused()))
	case errors.Is(err, kubeclient.ErrForbidden):
		diags.AddWarning(summary, how.unchecked(err.Error()))
	case ctx.Err() != nil:
		diags.AddError("Starting the flow run was interrupted", how.refused())
	default:
		diags.AddWarning(summary, how.unchecked(err.Error()))
	}
	return diags
}

// hasTemplate reports whether a run configuration has its own job template, which replaces the agent's.
func hasTemplate(config map[string]any) bool {
	given := func(name string) bool {
		switch v := config[name].(type) {
		case nil:
			return false
		case string:
			return v != ""
		case map[string]any:
			return len(v) > 0
		default:
			return true
		}
	}
	return given("job_template") || given("job_template_path")
}

func flowTitle(flow *prefect.Flow) string {
	return strings.TrimSpace(fmt.Sprintf("flow %q", flow.Name))
}
