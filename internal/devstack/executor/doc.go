// Package executor executes flow runs against a Prefect Server as the command
// `prefect execute flow-run` does, on machines without Python. It reads the run
// and the graph of its flow, sets states in the order in which the real flow
// runner would, makes task runs, sends heartbeats and logs, and notices a
// cancellation. What it cannot do is execute the bodies of tasks: every task
// succeeds with no result, and the run's log says so once.
//
// Other consequences of not having results: no branch is ever skipped, and a
// mapped task gets as many children as the list in the parameter that it maps
// over, or one if it maps over something else.
//
// # Making a run behave
//
// Tests make a run fail, last or crash through environment variables, which a
// KubernetesRun can set, or through the run's context: the variable
// PREFECT_DEVSTACK_FAIL_TASK and the member "fail_task" of the context's object
// "devstack" mean the same, and the environment wins.
//
//	TASK_SECONDS  how long each task runs, in seconds ("0.5")
//	FAIL_TASK     names or slugs of tasks that fail, separated by commas; "*" for all
//	FAIL_TIMES    how often they fail before they succeed (default: always)
//	LOAD_ERROR    the flow cannot be loaded: the text is the reason
//	CRASH         the process ends with this exit code when the first task runs
//	ALLOCATE      the first task allocates this much memory ("256Mi")
package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/clientconfig"
)

// Default intervals. The first is the real one. The real runner checks for a cancellation every 15 seconds; this one
// checks more often, so that tests do not wait.
const (
	DefaultHeartbeatInterval    = 30 * time.Second
	DefaultCancellationInterval = time.Second
)

// ErrNoFlowRun means that the environment does not name a flow run.
var ErrNoFlowRun = errors.New("not in the context of a flow run: PREFECT__CONTEXT__FLOW_RUN_ID is not set")

// Options says which run to execute and how.
type Options struct {
	// Client reaches the Server.
	Client *prefect.Client
	// FlowRunID is the run.
	FlowRunID string
	// Environment looks up the variables described above; nil means none are set.
	Environment func(string) string
	// Output receives the log lines, as the real command's standard output.
	Output io.Writer
	// HeartbeatInterval and CancellationInterval default to the constants above.
	HeartbeatInterval, CancellationInterval time.Duration
	// SendLogs has the log lines sent to the Server too.
	SendLogs bool
	// Exit ends the process, for a run that is made to crash; nil means that Run
	// returns the exit code at once, without any further state.
	Exit func(code int)
}

// FromEnvironment takes the options from the variables that an agent sets, with
// the precedence of the 1.x client.
func FromEnvironment(environment func(string) string, home string, output io.Writer) (Options, error) {
	options := Options{
		FlowRunID: environment("PREFECT__CONTEXT__FLOW_RUN_ID"), Environment: environment, Output: output, SendLogs: true,
	}
	if options.FlowRunID == "" {
		return options, ErrNoFlowRun
	}
	config, err := clientconfig.Resolve(prefect.Config{UserAgent: "devstack-flow-run"}, environment, home)
	if err != nil {
		return options, fmt.Errorf("find the Prefect Server: %w", err)
	}
	if options.Client, err = prefect.New(config); err != nil {
		return options, fmt.Errorf("find the Prefect Server: %w", err)
	}
	for _, name := range []string{"PREFECT__CLOUD__SEND_FLOW_RUN_LOGS", "PREFECT__LOGGING__LOG_TO_CLOUD"} {
		if send, err := strconv.ParseBool(environment(name)); err == nil {
			options.SendLogs = send
			break
		}
	}
	options.HeartbeatInterval = seconds(environment("PREFECT__CLOUD__HEARTBEAT_INTERVAL"))
	options.CancellationInterval = seconds(environment("PREFECT__CLOUD__CHECK_CANCELLATION_INTERVAL"))
	return options, nil
}

// seconds reads a number of seconds; 0 if it is none.
func seconds(text string) time.Duration {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || number < 0 {
		return 0
	}
	return time.Duration(number * float64(time.Second))
}

// Run executes a flow run and returns the exit code of the real command: 0 if
// the run was executed, even if it failed, and 1 if it could not be.
func Run(ctx context.Context, options Options) int {
	if options.Environment == nil {
		options.Environment = func(string) string { return "" }
	}
	if options.Output == nil {
		options.Output = io.Discard
	}
	if options.HeartbeatInterval == 0 {
		options.HeartbeatInterval = DefaultHeartbeatInterval
	}
	if options.CancellationInterval == 0 {
		options.CancellationInterval = DefaultCancellationInterval
	}
	r := &runner{Options: options, log: &runLog{
		client: options.Client, run: options.FlowRunID, output: options.Output, send: options.SendLogs,
	}}
	code := r.execute(ctx)
	r.log.flush(ctx)
	return code
}
