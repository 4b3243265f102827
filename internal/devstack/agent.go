package devstack

import (
	"context"
	"fmt"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// pollInterval is how often the agent polls for runs. An idle Python agent polls only every ten seconds, which would
// be most of a short run's duration.
const pollInterval = 500 * time.Millisecond

// startAgent starts the Kubernetes agent.
func (s *Stack) startAgent(ctx context.Context) error {
	client, err := kubeclient.NewClientFromREST(s.REST, s.Namespace)
	if err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	a, err := agent.New(agent.Options{
		API: s.API, TenantID: s.TenantID, Kubernetes: client, Namespace: s.Namespace, Labels: s.options.Labels,
		DeleteFinishedJobs: !s.options.KeepFinishedJobs, PollInterval: pollInterval, Logger: s.options.Logger,
	})
	if err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	s.background(ctx, "agent", a.Run)
	s.progress("agent with labels %q is running in namespace %s", s.options.Labels, s.Namespace)
	return nil
}
