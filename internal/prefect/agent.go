package prefect

import (
	"cmp"
	"context"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/transport"
)

// Agent is a process that polls the Server for runs whose labels are among its own.
type Agent struct {
	ID, Name, Type, CoreVersion string
	Labels                      []string
	// LastQueried is when it last asked for runs; nil if it never has.
	LastQueried      *time.Time
	Created, Updated time.Time
}

// ListAgents returns the tenant's agents, most recently active first.
func (c *Client) ListAgents(ctx context.Context) ([]Agent, error) {
	agents := listing[graphql.AgentFields, Agent]{
		query: func(ctx context.Context, c *Client, tenant string, w where, limit int) ([]graphql.AgentFields, *graphql.Count, error) {
			out, err := graphql.Agents(ctx, wire{c}, tenant, w, limit)
			return out.GetAgent(), out.GetRemaining().Aggregate, err
		},
		id: (*graphql.AgentFields).GetId, object: agentOf,
		order: func(a, b Agent) int {
			return cmp.Or(value(b.LastQueried).Compare(value(a.LastQueried)), cmp.Compare(a.ID, b.ID))
		},
	}
	return agents.list(ctx, c, where{})
}

// DeleteAgent deletes an agent's registration; ErrNotFound if there is none.
func (c *Client) DeleteAgent(ctx context.Context, id string) error {
	ctx, trace := transport.Traced(ctx)
	out, err := graphql.DeleteAgent(ctx, wire{c}, id)
	return c.deleted(trace, "DeleteAgent", "agent "+id, out.GetDeleteAgent(), err)
}

func agentOf(a *graphql.AgentFields) Agent {
	return Agent{
		ID: a.Id, Name: value(a.Name), Type: value(a.Type), CoreVersion: value(a.CoreVersion),
		Labels: stringList(document(&a.Labels)), LastQueried: a.LastQueried, Created: a.Created, Updated: a.Updated,
	}
}
