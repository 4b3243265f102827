package acctest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
)

// Intervals of a test's agent, so that tests wait for the cluster and not for
// timers.
const (
	agentPollInterval = 200 * time.Millisecond
	agentJobInterval  = 500 * time.Millisecond
)

// Agent runs a Kubernetes agent with these labels until the test ends, between
// the test's tenant and its namespace. It leaves finished Jobs for the test to
// look at; AgentWith can change that.
func Agent(t testing.TB, server *PrefectServer, cluster *KubernetesCluster, labels ...string) {
	t.Helper()
	AgentWith(t, server, cluster, func(options *agent.Options) { options.Labels = labels })
}

// AgentWith is Agent with options changed by the function. It returns a function
// that stops the agent early and may be called more than once.
//
// Flow runs reach the Server at PREFECT_ACC_FLOW_RUN_API, if that is set: from
// inside a cluster an address is often another than from here.
func AgentWith(t testing.TB, server *PrefectServer, cluster *KubernetesCluster, change func(*agent.Options)) (stop func()) {
	t.Helper()
	options := agent.Options{
		API:                   server.API,
		FlowRunAPI:            os.Getenv("PREFECT_ACC_FLOW_RUN_API"),
		TenantID:              server.TenantID,
		Headers:               headers(t, server.API),
		Kubernetes:            cluster.Client,
		Namespace:             cluster.Namespace,
		Name:                  Name("acc"),
		PollInterval:          agentPollInterval,
		JobManagementInterval: agentJobInterval,
		Logger:                Logger(),
	}
	if change != nil {
		change(&options)
	}
	made, err := agent.New(options)
	if err != nil {
		t.Fatalf("make an agent: %v", err)
	}
	// Not the test's own context, which ends before the clean-ups run.
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := made.Run(ctx); err != nil {
			t.Errorf("the agent ended with: %v", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

// headers are those that the environment's credentials ask for.
func headers(t testing.TB, api string) map[string]string {
	t.Helper()
	if key := clientConfig(t, api, "").APIKey; key != "" {
		return map[string]string{"Authorization": "Bearer " + key}
	}
	return nil
}
