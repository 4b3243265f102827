package flow

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
)

// doubts warns of what the flow to be registered has that the Server accepts and that probably keeps its runs from
// running. An unchanged flow was warned of when it was registered.
func (p planning) doubts(ctx context.Context) diag.Diagnostics {
	if p.want == nil || p.want.flow == nil || p.verdict() != newVersion {
		return nil
	}
	diags := runconfig.Doubts(ctx, p.config.RunConfig)
	own := p.want.flow.RunConfig()
	if template, ok := own["job_template"].(map[string]any); ok && p.config.RunConfig.IsNull() {
		diags.Append(runconfig.DoubtTemplate(p.want.at(), template)...)
	}
	local := p.want.flow.Storage()["type"] == "Local"
	chosen := slices.DeleteFunc(slices.Clone(p.want.labels), func(label string) bool { return local && resemblesHost(label) })
	diags.Append(runconfig.DroppedLabels(ctx, p.config.RunConfig, chosen, framework.KnownStrings(p.config.Labels.Elements()))...)
	if local && p.config.RunConfig.IsNull() {
		diags.Append(p.hostLabels()...)
	}
	return diags
}

// hostLabels warns of labels that probably come from the machine that built the flow.
func (p planning) hostLabels() diag.Diagnostics {
	var diags diag.Diagnostics
	for _, label := range p.want.labels {
		if !resemblesHost(label) || slices.Contains(framework.KnownStrings(p.config.Labels.Elements()), label) {
			continue
		}
		diags.AddAttributeWarning(p.want.at(), fmt.Sprintf("Flow %q has the label %q, which looks like the host name of the machine that built it", p.want.name, label),
			"The flow has the storage `Local`, which adds that host name to the labels of the flow. Only an agent with this label takes the flow's runs.\n\n"+
				"Build the flow with `Local(..., add_default_labels=False)`, set `run_config` with the labels of your agent, or add the label to `labels` if it is meant.")
	}
	return diags
}

// hostNames matches the names that machines commonly have: of Macs and Windows computers, in home networks, of containers
// and cloud instances, and of the machines that run pipelines.
var hostNames = regexp.MustCompile(`(?i)\.(local|localdomain|lan|home|internal|fritz\.box)$|^(desktop|laptop|win)-[0-9a-z]{7,}$|macbook|` +
	`^localhost$|^[0-9a-f]{12}$|^ip(-[0-9]+){4}$|^fv-az[0-9]+-[0-9]+$|^runner-.*-project-[0-9]+`)

// resemblesHost reports whether a label looks like a host name.
func resemblesHost(label string) bool {
	own, err := os.Hostname()
	return err == nil && strings.EqualFold(label, own) || hostNames.MatchString(label)
}

// warnOfRuns warns of the runs that the Server cancels or deletes when it archives the version.
func (p planning) warnOfRuns(ctx context.Context, client *prefect.Client, newest *prefect.Flow) diag.Diagnostics {
	runs, err := client.ListFlowRuns(ctx, prefect.FlowRunFilter{VersionGroupID: newest.VersionGroupID, States: []string{states.Scheduled}})
	if err != nil {
		return atPlan(err, fmt.Sprintf("Could not list the runs of flow %q", newest.Name), types.StringNull())
	}
	var pending, scheduled []prefect.FlowRun
	for _, run := range runs {
		switch {
		case run.Flow.Archived:
		case run.AutoScheduled:
			scheduled = append(scheduled, run)
		default:
			pending = append(pending, run)
		}
	}
	var diags diag.Diagnostics
	if len(pending) > 0 {
		diags.AddWarning(fmt.Sprintf("Registering flow %q cancels %s", newest.Name, framework.Count(len(pending), "pending run")),
			fmt.Sprintf("The new version archives version %d, and the Server cancels its scheduled runs that have not started and that the "+
				"schedule did not create:\n%s\nLet them start before you apply, or create them again for the new version.", newest.Version, framework.RunList(pending)))
	}
	if len(scheduled) > 0 {
		diags.Append(p.warnOfScheduled(client, newest, scheduled))
	}
	return diags
}

// warnOfScheduled says what becomes of the runs that the schedule of the archived version has created.
func (p planning) warnOfScheduled(client *prefect.Client, newest *prefect.Flow, runs []prefect.FlowRun) diag.Diagnostic {
	deleted := fmt.Sprintf("The new version of flow %q archives version %d, and the Server deletes %s of its schedule that %s not started.",
		newest.Name, newest.Version, framework.Count(len(runs), "run"), map[bool]string{true: "has", false: "have"}[len(runs) == 1])
	if why := p.startsNone(newest); why != "" {
		return diag.NewWarningDiagnostic(fmt.Sprintf("Registering flow %q deletes %s", newest.Name, framework.Count(len(runs), "scheduled run")),
			fmt.Sprintf("%s The new version creates none, because %s:\n%s\nIf they are to run, give the new version an active schedule, or let them start before you apply.",
				deleted, why, framework.RunList(runs)))
	}
	now := client.ServerTime()
	due := slices.DeleteFunc(slices.Clone(runs), func(run prefect.FlowRun) bool {
		return run.ScheduledStartTime.After(now)
	})
	if len(due) > 0 {
		return diag.NewWarningDiagnostic(fmt.Sprintf("Registering flow %q deletes %s that should have started", newest.Name, framework.Count(len(due), "scheduled run")),
			fmt.Sprintf("%s The schedule of the new version creates runs for times to come only, and not for these:\n%s\nLet them start before you apply.", deleted, framework.RunList(due)))
	}
	// The same summary for each flow, so that Terraform shows one warning for all.
	return diag.NewWarningDiagnostic("Registering replaces the runs that a schedule has created", deleted+
		" The schedule of the new version creates others for its own next times.")
}

// startsNone says why the schedule of the version to be registered will create no runs; "" if it will.
func (p planning) startsNone(newest *prefect.Flow) string {
	if framework.IsSet(p.config.ScheduleActive) && !p.config.ScheduleActive.ValueBool() {
		return "`schedule_active` is false"
	}
	return inactiveReason(p.want.flow, &newest.Group)
}
