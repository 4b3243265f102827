package inpod_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/inpod"
)

// TestRefusals: what the real images could not work with, these do not either.
func TestRefusals(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(kubeconfig, []byte(`
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: c, context: {cluster: c}}]
current-context: c
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  map[string]string
		run  func(getenv func(string) string) error
		want string
	}{
		"database without a password": {
			env:  map[string]string{"PGSSLMODE": "require"},
			run:  inpod.CheckDatabase,
			want: "there is no password",
		},
		"database without TLS": {
			env:  map[string]string{"PGPASSWORD": "x", "PGSSLMODE": "prefer", "HASURA_GRAPHQL_DATABASE_URL": "postgresql://prefect@a-postgresql.example.com:5432/prefect"},
			run:  inpod.CheckDatabase,
			want: "TLS is not required",
		},
		"migrations without TLS": {
			env:  map[string]string{"PGPASSWORD": "x", "PREFECT_SERVER__DATABASE__CONNECTION_URL": "postgresql://prefect@db.example.com:5432/prefect"},
			run:  inpod.CheckDatabase,
			want: "TLS is not required",
		},
		"agent with labels that are no list": {
			env:  map[string]string{"PREFECT__CLOUD__AGENT__LABELS": "aks"},
			run:  func(getenv func(string) string) error { return inpod.Agent(t.Context(), getenv, logger) },
			want: "PREFECT__CLOUD__AGENT__LABELS",
		},
		"agent with a template that is no object": {
			env:  map[string]string{"PREFECT__CLOUD__AGENT__LABELS": "[]", "KUBECONFIG": kubeconfig, "JOB_TEMPLATE": "- a list"},
			run:  func(getenv func(string) string) error { return inpod.Agent(t.Context(), getenv, logger) },
			want: "JOB_TEMPLATE",
		},
		"agent without a cluster": {
			env:  map[string]string{"PREFECT__CLOUD__AGENT__LABELS": "[]", "KUBECONFIG": "/nowhere"},
			run:  func(getenv func(string) string) error { return inpod.Agent(t.Context(), getenv, logger) },
			want: "reach the cluster",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.run(func(key string) string { return c.env[key] })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one that contains %q", err, c.want)
			}
		})
	}
}
