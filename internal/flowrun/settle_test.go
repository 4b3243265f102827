package flowrun

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
	"github.com/prefect-server/terraform-provider-prefect/internal/runconfig"
	"github.com/prefect-server/terraform-provider-prefect/internal/runwait"
)

// privateData is what Terraform keeps.
type privateData map[string][]byte

func (p privateData) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p[key], nil
}

func (p privateData) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

// A null that got into a state is passed over: a refresh must not fail on it.
func TestSettleIgnoresNullsInState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state   string
		settles bool
	}{"accepted": {states.Success, true}, "not accepted": {states.Failed, false}} {
		before, after := privateData{}, privateData{}
		if diags := framework.SetPrivate(t.Context(), before, recordKey, record{ID: "r"}); diags.HasError() {
			t.Fatal(diags)
		}
		m := emptyModel()
		m.WaitFor, m.State = types.StringValue(runwait.WaitFinished), types.StringValue(c.state)
		m.SuccessStates = types.SetValueMust(types.StringType, []attr.Value{types.StringNull(), types.StringValue(states.Success)})
		if diags := (&flowRunResource{}).settle(t.Context(), &m, before, after); diags.HasError() {
			t.Errorf("%s: %v", name, diags)
		}
		var kept record
		if _, diags := framework.GetPrivate(t.Context(), after, recordKey, &kept); diags.HasError() || kept.Settled != c.settles {
			t.Errorf("%s: settled is %t: %v", name, kept.Settled, diags)
		}
	}
}

// A run of an earlier version of the provider has no digest of its template.
func TestTemplateOfAnOlderRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	of := func(file, image string) types.Object {
		value, diags := (&runconfig.Kubernetes{
			JobTemplatePath: types.StringValue(filepath.Join(dir, file)), Image: types.StringValue(image), Env: types.MapNull(types.StringType),
			ImagePullSecrets: types.ListNull(types.StringType), Labels: types.SetNull(types.StringType),
		}).Value(t.Context())
		if diags.HasError() {
			t.Fatal(diags)
		}
		return value
	}
	for file, container := range map[string]string{"new.json": "flow", "same.json": "flow", "other.json": "another"} {
		writeFile(t, filepath.Join(dir, file),
			`{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": [{"name": "`+container+`"}]}}}}`)
	}
	for name, c := range map[string]struct {
		file, image string
		changed     bool
	}{
		"the old file is gone":          {"gone.json", "a", false},
		"the rest is different":         {"gone.json", "b", true},
		"the old file has the template": {"same.json", "a", false},
		"the old file has another":      {"other.json", "a", true},
	} {
		config, plan, state := emptyModel(), emptyModel(), emptyModel()
		config.RunConfig, state.RunConfig = of("new.json", c.image), of(c.file, "a")
		plan.RunConfig = config.RunConfig
		changed, diags := runConfigChanged(t.Context(), &config, &plan, &state, record{})
		if diags.HasError() || changed != c.changed {
			t.Errorf("%s: changed is %t: %v", name, changed, diags)
		}
		if !c.changed && !plan.RunConfig.Equal(state.RunConfig) {
			t.Errorf("%s: the plan is %v", name, plan.RunConfig)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What keeps a Job is told apart: only a missing right is cured by a right, and
// only the end of the time for the deletion by more of it. A connection that is not
// made in time is neither.
func TestRemainsOfJob(t *testing.T) {
	t.Parallel()
	going := t.Context
	over := func() context.Context {
		ctx, end := context.WithTimeout(t.Context(), 0)
		t.Cleanup(end)
		return ctx
	}
	interrupted := func() context.Context {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		return ctx
	}
	const right, time, taken = "permission to delete Jobs", "timeouts.stop", "still terminating"
	timeout := fmt.Errorf("list jobs: %w", &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded})
	for name, c := range map[string]struct {
		ctx  func() context.Context
		err  error
		says string
		not  []string
	}{
		"taken":        {over, fmt.Errorf("%w: %w", runjobs.ErrStillThere, context.DeadlineExceeded), taken, []string{right}},
		"not taken":    {over, context.DeadlineExceeded, time, []string{right, "still terminating"}},
		"interrupted":  {interrupted, context.Canceled, "interrupted", []string{right, time, taken}},
		"forbidden":    {going, kubeclient.ErrForbidden, right, []string{time, taken}},
		"unreachable":  {going, kubeclient.ErrUnreachable, "when the cluster can be used", []string{right, time, taken}},
		"dial timeout": {going, timeout, "when the cluster can be used", []string{right, time, taken}},
	} {
		err := &kubeclient.AccessError{Kind: c.err, Verb: "delete", Resource: "jobs", Err: c.err}
		text := remainsOfJob(c.ctx(), "r", err)
		if !strings.Contains(text, c.says) || !strings.Contains(text, err.Error()) {
			t.Errorf("%s: %s", name, text)
		}
		for _, not := range c.not {
			if strings.Contains(text, not) {
				t.Errorf("%s: says %q: %s", name, not, text)
			}
		}
	}
}
