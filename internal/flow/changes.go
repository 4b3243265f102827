package flow

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/flowsummary"
	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

func noChanges() types.List { return types.ListNull(types.StringType) }

// earlier is the flow of the version in state.
type earlier struct {
	flow *serialization.Flow
	// withEdges is false if the Server has edges that it does not return with the flow.
	withEdges bool
}

// earlierVersion returns the flow of the version in state: from the inputs in state if they match it, else
// from the Server. It is nil while the provider configuration is unknown.
//
// A version never changes, so the plan and the apply, which plans again, get the same result. An error is
// reported even during plan: what the plan says must not depend on the Server being reachable.
func (r *flowResource) earlierVersion(ctx context.Context, p planning) (*earlier, diag.Diagnostics) {
	if p.before != nil && p.before.flow != nil &&
		(p.before.key == p.state.IdempotencyKey.ValueString() || p.imported.holds(p.state, p.before.key)) {
		return &earlier{p.before.flow, true}, nil
	}
	if !r.data.Ready() {
		return nil, nil
	}
	found, err := readVersion(ctx, r.data.Client(p.state.TenantID), p.state.FlowID.ValueString(), p.want)
	if err != nil {
		failure := framework.Failure{
			Summary: fmt.Sprintf("Could not read version %d of flow %s to compare it with the configuration", p.state.Version.ValueInt64(), p.state.label()),
			Remedies: map[error]string{
				prefect.ErrNotFound: "The version has gone from the Server since the state was refreshed. Run the plan again, without `-refresh=false`.",
			},
		}
		return nil, failure.Diagnose(err)
	}
	return found, nil
}

// readVersion reads a version from the Server.
func readVersion(ctx context.Context, client *prefect.Client, flowID string, want *intent) (*earlier, error) {
	raw, err := client.GetSerializedFlow(ctx, flowID)
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by the callers
	}
	object, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	found := &earlier{serialization.NewFlow(object), true}
	if found.flow.EdgeCount() == 0 && want.flow.EdgeCount() > 0 {
		version, err := client.GetFlow(ctx, flowID)
		if err != nil {
			return nil, err //nolint:wrapcheck // as above
		}
		found.withEdges = version.EdgeCount == 0
	}
	return found, nil
}

// lines describes what registering a flow changes, compared with an earlier version.
func (e *earlier) lines(want *intent) []string {
	return serialization.Changes(e.flow, want.flow, e.withEdges)
}

// planChanges describes the version that the plan registers.
func (r *flowResource) planChanges(ctx context.Context, p planning) (types.List, diag.Diagnostics) {
	switch verdict := p.verdict(); {
	case p.state == nil:
		return noChanges(), nil // there is no earlier version, or a warning describes it
	case verdict == keepVersion:
		return p.state.Changes, nil
	case verdict == undecided:
		return types.ListUnknown(types.StringType), nil
	}
	before, diags := r.earlierVersion(ctx, p)
	if before == nil || diags.HasError() {
		return types.ListUnknown(types.StringType), diags
	}
	return flowsummary.Lines(p.describeChanges(before)), diags
}

func (p planning) describeChanges(before *earlier) []string {
	number := p.state.Version.ValueInt64()
	all := []string{fmt.Sprintf("against version %d:", number)}
	if p.want.key != p.state.IdempotencyKey.ValueString() {
		all = append(all, before.lines(p.want)...)
		if len(all) == 1 {
			all = append(all, "flow: the same in another form, such as 1.0 for 1 or another order of tasks")
		}
	}
	if now := p.config.Description; framework.IsSet(now) && !now.Equal(p.state.Description) {
		all = append(all, fmt.Sprintf("description: %q -> %q", p.state.Description.ValueString(), now.ValueString()))
	}
	if p.state.Archived.ValueBool() {
		all = append(all, fmt.Sprintf("version %d is archived, and the flow is registered again", number))
	}
	return all
}

// compareImported checks if the configured flow is the imported version although their keys differ: the
// Server returns 1 for 1.0, and may have no key.
func (r *flowResource) compareImported(ctx context.Context, p *planning) diag.Diagnostics {
	if p.state == nil || p.want == nil || !p.imported.isCurrent(p.state) || p.meansVersion() {
		return nil
	}
	before, diags := r.earlierVersion(ctx, *p)
	if before != nil {
		p.meansImported = sameFlow(before.flow, p.want.flow)
	}
	return diags
}

// adoptedChanges describes, for a creation's warning, what it changes in the existing version; "" if that
// version cannot be read.
func adoptedChanges(ctx context.Context, client *prefect.Client, newest *prefect.Flow, want *intent) string {
	before, err := readVersion(ctx, client, newest.ID, want)
	if err != nil {
		return ""
	}
	lines := before.lines(want)
	if len(lines) == 0 {
		return ""
	}
	return "\n\nIt differs from that version:\n  " + strings.Join(lines, "\n  ")
}
