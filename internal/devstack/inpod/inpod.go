// Package inpod runs one part of the embedded stack in a pod of a Helm chart,
// configured by the container's environment as the real images are: it is what
// the containers of the Azure modules' test chart run.
package inpod

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/agent"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver"
	"github.com/prefect-server/terraform-provider-prefect/internal/kubernetes/kubeclient"
)

// pollInterval is how often the agent asks for runs.
const pollInterval = 500 * time.Millisecond

// Server serves the embedded Prefect Server at an address until ctx ends.
func Server(ctx context.Context, address string, logger *slog.Logger) error {
	s, err := prefectserver.New(prefectserver.Options{Logger: logger, SchedulerInterval: prefectserver.SchedulerInterval})
	if err != nil {
		return fmt.Errorf("start the Server: %w", err)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("start the Server: %w", err)
	}
	return s.Serve(ctx, listener)
}

// CheckDatabase stands in for a database client. It fails where the real one could not reach its database: there is
// no URL, PGPASSWORD is empty, or PGSSLMODE does not require TLS of a database that is not the chart's.
func CheckDatabase(getenv func(string) string) error {
	database := getenv("HASURA_GRAPHQL_DATABASE_URL")
	if database == "" {
		database = getenv("PREFECT_SERVER__DATABASE__CONNECTION_URL")
	}
	encrypted := slices.Contains([]string{"require", "verify-ca", "verify-full"}, getenv("PGSSLMODE"))
	if getenv("PGPASSWORD") == "" || !encrypted && !ofChart(database) {
		return fmt.Errorf("the database %q cannot be used: there is no password, or TLS is not required", database)
	}
	return nil
}

// ofChart reports whether a connection string leads to the database that the chart
// brings: RELEASE-postgresql.NAMESPACE, which knows no TLS.
func ofChart(database string) bool {
	u, err := url.Parse(database)
	if err != nil {
		return false
	}
	service, namespace, found := strings.Cut(u.Hostname(), ".")
	return found && strings.HasSuffix(service, "-postgresql") && !strings.Contains(namespace, ".")
}

// Agent runs the agent until ctx ends; an error means that it ended by itself, as the Python agent does when there is
// no Server or no tenant. The environment is the Python agent's, and KUBECONFIG; and JOB_TEMPLATE, the content of the
// file that the Python agent reads from the path after --job-template, because processes of the virtual node do not
// see what their pods mount.
func Agent(ctx context.Context, getenv func(string) string, logger *slog.Logger) error {
	var labels []string
	if err := json.Unmarshal([]byte(getenv("PREFECT__CLOUD__AGENT__LABELS")), &labels); err != nil {
		return fmt.Errorf("read PREFECT__CLOUD__AGENT__LABELS: %w", err)
	}
	client, err := kubeclient.NewClient(kubeclient.Config{ConfigPath: getenv("KUBECONFIG"), Namespace: getenv("NAMESPACE")})
	if err != nil {
		return fmt.Errorf("reach the cluster: %w", err)
	}
	var template map[string]any
	if err := yaml.Unmarshal([]byte(getenv("JOB_TEMPLATE")), &template); err != nil {
		return fmt.Errorf("read JOB_TEMPLATE: %w", err)
	}
	var pullSecrets []string
	if names := getenv("IMAGE_PULL_SECRETS"); names != "" {
		pullSecrets = strings.Split(names, ",")
	}
	a, err := agent.New(agent.Options{
		API: getenv("PREFECT__CLOUD__API"), Kubernetes: client, Namespace: getenv("NAMESPACE"), Labels: labels,
		Name: getenv("PREFECT__CLOUD__AGENT__NAME"), ServiceAccountName: getenv("SERVICE_ACCOUNT_NAME"),
		ImagePullSecrets: pullSecrets, JobTemplate: template, PollInterval: pollInterval, Logger: logger,
	})
	if err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	if err := a.Run(ctx); err != nil {
		return fmt.Errorf("run the agent: %w", err)
	}
	return ctx.Err()
}
