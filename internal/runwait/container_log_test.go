package runwait

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// A process that ends well although its run goes on has not run the flow, or has not said how it ended. Its last lines are
// shown, and say which it was.
func TestWaitExplainsAnEndThatIsNone(t *testing.T) {
	t.Parallel()
	code := int32(0)
	// Prefect 1.4.1 prints more than is read, so the first line is not seen.
	help := []string{"  -h, --help  Show this message and exit.", "Commands:", "  agent"}
	usage := []string{"Usage: prefect [OPTIONS] COMMAND [ARGS]...", "  The Prefect CLI"}
	for name, tt := range map[string]struct {
		state string // when the container has ended
		lines []string
		err   error
		code  string
		says  []string
	}{
		"usage":             {states.Submitted, usage, nil, "FlowNotRun", []string{"exit code 0 and printed how `prefect` is used", `["/bin/sh", "-c"]`, "Last lines of container flow:\n  Usage: prefect"}},
		"end of the usage":  {states.Submitted, help, nil, "FlowNotRun", []string{"exit code 0 and printed how `prefect` is used", `["/bin/sh", "-c"]`, "Last lines of container flow:\n    -h, --help"}},
		"something else":    {states.Submitted, []string{"hello"}, nil, "FlowNotRun", []string{"never reported to the Server", "sidecar", "Last lines of container flow:\n  hello"}},
		"nothing":           {states.Submitted, nil, nil, "FlowNotRun", []string{"never reported to the Server"}},
		"no right to read":  {states.Submitted, nil, kubeclient.ErrForbidden, "FlowNotRun", []string{"never reported to the Server"}},
		"after it had run":  {states.Running, []string{"bye"}, nil, "EndUnreported", []string{"did not report a final state", "Last lines of container flow:\n  bye"}},
		"as it should":      {states.Success, usage, nil, "", nil},
		"the flow's own":    {states.Failed, usage, nil, "", nil},
		"said a bit later":  {"later", usage, nil, "", nil},
		"the Job, not this": {"job", usage, nil, "BackoffLimitExceeded", []string{"backoffLimit"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, w := &fakeServer{run: prefect.FlowRun{ID: "r", State: states.Submitted}}, newFakeWatch()
				job := podJob(PodSucceeded)
				job.Pods[0].Containers = []runjobs.Container{{Name: "flow", State: runjobs.StateTerminated, ExitCode: &code, StartedAt: &time.Time{}}}
				state := tt.state
				switch tt.state {
				case "job":
					state = states.Submitted
					job.Completed, job.Failed = false, true
					job.Conditions = []runjobs.Condition{{Type: "Failed", Status: "True", Reason: "BackoffLimitExceeded", Message: "m"}}
				case "later":
					state = states.Submitted
					after(24*time.Second, func() { s.state(states.Success) })
				}
				after(20*time.Second, func() { s.state(state); w.show(job) })
				waiter := New(s, nil, "r", Goal{WaitFor: WaitFinished, Success: []string{states.Success}, Limits: Limits{LostJob: 30 * time.Second}})
				reads := 0
				waiter.Observe(w, func(context.Context, string, string, string, int64, bool) ([]string, error) {
					reads++
					return tt.lines, tt.err
				})
				r := Report{Outcome: waiter.Wait(t.Context())}
				if r.Cause.Code != tt.code {
					t.Errorf("got %q: %s", r.Cause.Code, r.Detail())
				}
				for _, part := range tt.says {
					if !strings.Contains(r.Detail(), part) {
						t.Errorf("does not say %q:\n%s", part, r.Detail())
					}
				}
				finished := states.IsFinished(r.Run.State)
				if finished && (len(r.Output.Lines) > 0 || r.Output.Err != nil) {
					t.Errorf("shows %+v", r.Output)
				}
				if slices.Contains([]string{states.Success, states.Failed}, tt.state) && reads > 0 {
					t.Error("reads the log of a run that has ended as it should")
				}
				if r.Output.Err != nil {
					t.Errorf("complains about a right that is not needed: %v", r.Output.Err)
				}
				if tt.err == nil && reads > 1 {
					t.Errorf("reads the log %d times", reads)
				}
			})
		})
	}
}
