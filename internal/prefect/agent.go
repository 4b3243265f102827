package prefect

import (
	"context"
	"time"
)

// Agent is a process that polls the Server for runs whose labels are among its own.
type Agent struct {
	ID, Name, Type, CoreVersion string
	Labels                      []string
	// LastQueried is when it last asked for runs; nil when it never has.
	LastQueried      *time.Time
	Created, Updated time.Time
}

// Matches says whether the agent would take a run with these labels: all of them are the agent's, and a run without
// labels goes only to an agent without labels.
func (a Agent) Matches(runLabels []string) bool { return false }

// ListAgents returns the tenant's agents, the one that asked last first.
func (c *Client) ListAgents(ctx context.Context) ([]Agent, error) { return nil, nil }

// DeleteAgent forgets an agent; ErrNotFound if there is none.
func (c *Client) DeleteAgent(ctx context.Context, id string) error { return nil }
