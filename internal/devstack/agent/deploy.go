package agent

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/jobspec"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/runjobs"
)

// createAttempts is how often to try to create a Job when the cluster does not answer.
const createAttempts = 3

// maxTemplate is the maximum size of a fetched job template.
const maxTemplate = 1 << 20

// deploy waits for the run's start, marks it Submitted and creates its Job. Any failure fails the run.
func (a *Agent) deploy(ctx context.Context, run flowRun) {
	if start := startOf(run.State); !start.IsZero() {
		if wait := start.Sub(a.now()); wait > 0 && !sleep(ctx, wait) {
			return
		}
	}
	if ctx.Err() != nil {
		return
	}
	// From here on the run must not be left half way when the agent stops.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	err := a.submit(ctx, run)
	if err == nil || strings.Contains(err.Error(), "State update failed") {
		return // in the second case another agent has the run
	}
	a.log.Error("cannot deploy a flow run", "flow_run", run.ID, "error", err)
	message := failureMessage(err)
	if err := a.api.writeLog(ctx, logEntry{Run: run.ID, Name: a.options.Name, Level: "ERROR", Message: message}); err != nil {
		a.log.Error("cannot write to the run's log", "flow_run", run.ID, "error", err)
	}
	if err := a.api.setRunState(ctx, run.ID, run.Version, newState("Failed", message, nil)); err != nil {
		a.log.Error("cannot fail the run", "flow_run", run.ID, "error", err)
	}
}

func (a *Agent) submit(ctx context.Context, run flowRun) error {
	if isScheduled(run.State) {
		if err := a.api.setRunState(ctx, run.ID, run.Version, newState("Submitted", "Submitted for execution", run.State)); err != nil {
			return err
		}
	}
	for _, task := range run.TaskRuns {
		if !isScheduled(task.State) {
			continue
		}
		if err := a.api.setTaskState(ctx, task.ID, task.Version, newState("Submitted", "Submitted for execution.", task.State)); err != nil {
			return err
		}
	}
	name, err := a.createJob(ctx, run)
	if err != nil {
		return err
	}
	a.log.Info("created a Job", "job", name, "flow_run", run.ID)
	return a.api.writeLog(ctx, logEntry{
		Run: run.ID, Name: a.options.Name, Level: "INFO", Message: "Submitted for execution: Job " + name,
	})
}

// createJob creates the run's Job and returns its name. If a Job of that name already exists, it is from an earlier
// attempt whose response was lost.
func (a *Agent) createJob(ctx context.Context, run flowRun) (string, error) {
	identifier, err := newIdentifier()
	if err != nil {
		return "", err
	}
	settings := a.settings
	settings.ReadTemplate = func(path string) ([]byte, error) { return a.readTemplate(ctx, path) }
	job, err := jobspec.Generate(jobspec.Run{
		ID: run.ID, FlowID: run.Flow.ID, CoreVersion: run.Flow.CoreVersion, RunConfig: run.RunConfig, Storage: run.Flow.Storage,
	}, settings, identifier)
	if err != nil {
		return "", fmt.Errorf("generate Job: %w", err)
	}
	metadata, _ := job["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	for attempt := 1; ; attempt++ {
		_, err = runjobs.Create(ctx, a.options.Kubernetes, a.options.Namespace, job)
		switch {
		case err == nil || apierrors.IsAlreadyExists(err):
			return name, nil
		case !errors.Is(err, kubeclient.ErrUnreachable) || attempt == createAttempts || !sleep(ctx, time.Second):
			return "", fmt.Errorf("create Job: %w", err)
		}
	}
}

func newIdentifier() (string, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make identifier: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// readTemplate reads what a job_template_path names: a file beside the agent or a web page.
func (a *Agent) readTemplate(ctx context.Context, path string) ([]byte, error) {
	u, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("parse path: %w", err)
	}
	switch u.Scheme {
	case "", "file", "local", "agent":
		data, err := os.ReadFile(u.Path)
		if err != nil {
			return nil, fmt.Errorf("read template: %w", err)
		}
		return data, nil
	case "http", "https":
		return a.fetchTemplate(ctx, path)
	default:
		return nil, fmt.Errorf("this agent cannot read templates from %s: %w", u.Scheme, errors.ErrUnsupported)
	}
}

func (a *Agent) fetchTemplate(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	response, err := a.options.HTTPClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch template: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxTemplate))
	if err != nil {
		return nil, fmt.Errorf("fetch template: %w", err)
	}
	return data, nil
}

// failureMessage is the text of a failed run's state. What the cluster answered is worded as the Python client for
// Kubernetes words it.
func failureMessage(err error) string {
	var generate *jobspec.Error
	if errors.As(err, &generate) {
		return generate.Error()
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err.Error()
	}
	s := status.Status()
	s.Kind, s.APIVersion = "Status", "v1"
	body, marshalErr := json.Marshal(s)
	if marshalErr != nil {
		return err.Error()
	}
	return fmt.Sprintf("(%d)\nReason: %s\nHTTP response headers: HTTPHeaderDict({'Content-Type': 'application/json'})\nHTTP response body: %s\n\n",
		s.Code, http.StatusText(int(s.Code)), body)
}
