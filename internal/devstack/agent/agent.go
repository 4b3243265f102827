// Package agent is a Kubernetes agent for Prefect 1: it takes scheduled flow runs whose labels it has, creates a Job
// for each, and looks after those Jobs, by the rules of the Python agent of 1.4.1. It is used where that agent is not
// installed.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// Defaults of the Python agent.
const (
	DefaultName                  = "agent"
	DefaultJobManagementInterval = time.Minute
	// prefetch is how long before their start runs are taken from the queue. The agent then waits for the start.
	prefetch = 10 * time.Second
	// retryBuffer gives a run time to retry a task in its own process before the agent creates a new Job for it.
	retryBuffer = 3 * time.Second
	// finishTime limits the work in progress when the agent is stopped.
	finishTime = 10 * time.Second
	// The Python agent exits if it has not reached a Server, or one with a tenant, within these times after its
	// start.
	connectTime = 70 * time.Second
	tenantTime  = 10 * time.Second
)

// pollBackoff are the pauses between polls that find nothing.
var pollBackoff = []time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 10 * time.Second,
}

// Options configure an Agent. API and Kubernetes are required.
type Options struct {
	API        string            // URL of the Server's API
	FlowRunAPI string            // URL of the API as flow runs reach it; API unless set
	TenantID   string            // the Server's first tenant unless set
	Headers    map[string]string // sent with every request
	HTTPClient *http.Client      // http.DefaultClient unless set

	Kubernetes *kubeclient.Client
	Namespace  string // of the Jobs; the client's unless set

	Name               string // DefaultName unless set
	Labels             []string
	Env                map[string]string // for flow runs
	NoCloudLogs        bool              // flow runs do not send logs
	ServiceAccountName string            // for flow runs
	ImagePullSecrets   []string          // for flow runs
	JobTemplate        map[string]any    // nil: the Python agent's own

	DeleteFinishedJobs    bool          // the Python agent's default is true
	PollInterval          time.Duration // between polls; 0: the Python agent's, from 0.25 s up to 10 s when idle
	JobManagementInterval time.Duration // DefaultJobManagementInterval unless set

	Logger *slog.Logger     // discards unless set
	Clock  func() time.Time // time.Now unless set
}

// Agent is a Kubernetes agent. Make one with New.
type Agent struct {
	options  Options
	api      *api
	settings jobspec.Agent
	log      *slog.Logger
	now      func() time.Time

	mu         sync.Mutex
	submitting map[string]bool            // runs that are being deployed
	reported   map[string]map[string]bool // pod events already copied to logs, by Job
}

// New checks the options. It does not talk to the Server or the cluster.
func New(options Options) (*Agent, error) {
	if options.API == "" {
		return nil, errors.New("agent: the URL of the API is missing")
	}
	if options.Kubernetes == nil {
		return nil, errors.New("agent: the Kubernetes client is missing")
	}
	if options.Name == "" {
		options.Name = DefaultName
	}
	if options.Namespace == "" {
		options.Namespace = options.Kubernetes.Namespace()
	}
	if options.FlowRunAPI == "" {
		options.FlowRunAPI = options.API
	}
	if options.JobManagementInterval <= 0 {
		options.JobManagementInterval = DefaultJobManagementInterval
	}
	if options.HTTPClient == nil {
		options.HTTPClient = http.DefaultClient
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	a := &Agent{
		options: options, log: options.Logger.With("agent", options.Name), now: options.Clock,
		api:        &api{url: options.API, client: options.HTTPClient, headers: options.Headers},
		submitting: map[string]bool{}, reported: map[string]map[string]bool{},
	}
	a.settings = jobspec.Agent{
		API: options.FlowRunAPI, Labels: slices.Clone(options.Labels), Env: options.Env, NoCloudLogs: options.NoCloudLogs,
		ServiceAccountName: options.ServiceAccountName, ImagePullSecrets: options.ImagePullSecrets, JobTemplate: options.JobTemplate,
	}
	return a, nil
}

// Run registers the agent and works until ctx ends, which is not an error. It first finishes the deployments in
// progress, for at most a few seconds, so that no run is left Submitted without a Job. An error means that the agent
// could not register.
func (a *Agent) Run(ctx context.Context) error {
	if err := a.connect(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopped before it began
		}
		return err
	}
	a.log.Info("agent started", "labels", a.options.Labels, "namespace", a.options.Namespace)
	var work sync.WaitGroup
	work.Go(func() { a.manageLoop(ctx) })
	a.pollLoop(ctx, &work)
	work.Wait()
	return nil
}

// connect resolves the tenant and registers, waiting for a Server that is still starting and, more briefly, for its
// first tenant.
func (a *Agent) connect(ctx context.Context) error {
	began := a.now()
	for pause := pollBackoff[0]; ; pause = min(2*pause, time.Second) {
		err := a.register(ctx)
		var refused *graphQLError
		patience := connectTime
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errNoTenant):
			patience = tenantTime
		case errors.As(err, &refused):
			return err
		}
		if !a.now().Before(began.Add(patience)) {
			return err
		}
		a.log.Debug("the agent cannot start yet", "error", err)
		if !sleep(ctx, pause) {
			return fmt.Errorf("agent: %w", ctx.Err())
		}
	}
}

func (a *Agent) register(ctx context.Context) error {
	if a.options.TenantID == "" {
		tenant, err := a.api.firstTenant(ctx)
		if err != nil {
			return err
		}
		a.options.TenantID = tenant
	}
	id, err := a.api.registerAgent(ctx, a.options.TenantID, a.options.Name, a.options.Labels)
	if err != nil {
		return err
	}
	a.api.agentID = id
	return nil
}

// pollLoop takes runs from the queue until ctx ends.
func (a *Agent) pollLoop(ctx context.Context, work *sync.WaitGroup) {
	slots := make(chan struct{}, min(32, runtime.NumCPU()+4))
	idle := 0
	for {
		found := a.poll(ctx, work, slots)
		if found > 0 {
			idle = 0
		} else {
			idle = min(idle+1, len(pollBackoff)-1)
		}
		pause := pollBackoff[idle]
		if a.options.PollInterval > 0 {
			pause = a.options.PollInterval
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

// poll starts the deployment of the runs that are ready and returns their number.
func (a *Agent) poll(ctx context.Context, work *sync.WaitGroup, slots chan struct{}) int {
	now := a.now().UTC()
	before := a.deploying() // runs deployed since the query began may still be in its answer
	ids, err := a.api.readyRuns(ctx, a.options.TenantID, a.options.Labels, now.Add(prefetch))
	if err == nil {
		ids = slices.DeleteFunc(ids, func(id string) bool { return before[id] })
	}
	var runs []flowRun
	if err == nil && len(ids) > 0 {
		runs, err = a.api.runs(ctx, ids, now.Add(-retryBuffer))
	}
	if err != nil {
		if ctx.Err() == nil {
			a.log.Error("cannot query for ready flow runs", "error", err)
		}
		return 0
	}
	for _, run := range runs {
		a.mark(run.ID, true)
		work.Go(func() {
			defer a.mark(run.ID, false)
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
				a.deploy(ctx, run)
			case <-ctx.Done():
			}
		})
	}
	return len(runs)
}

func (a *Agent) mark(id string, deploying bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if deploying {
		a.submitting[id] = true
	} else {
		delete(a.submitting, id)
	}
}

func (a *Agent) deploying() map[string]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make(map[string]bool, len(a.submitting))
	for id := range a.submitting {
		out[id] = true
	}
	return out
}

// sleep waits, and returns false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
