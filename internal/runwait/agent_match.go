package runwait

import (
	"fmt"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/agentlabels"
)

// agentAlive is how long after its last query an agent counts as alive. Agents query at least every ten
// seconds.
const agentAlive = time.Minute

// FindAgents judges if any agent would take a run with these labels, and describes the agents. now is by the
// Server's clock.
func FindAgents(agents []prefect.Agent, labels []string, now time.Time) AgentFinding {
	f := AgentFinding{At: now}
	var alive, dead, other []string
	for _, a := range agents {
		living := a.LastQueried != nil && now.Sub(*a.LastQueried) < agentAlive
		switch {
		case agentlabels.Match(a.Labels, labels) && living:
			alive = append(alive, describeAgent(a, now))
		case agentlabels.Match(a.Labels, labels):
			dead = append(dead, describeAgent(a, now))
		default:
			other = append(other, describeAgent(a, now))
		}
	}
	wanted := "labels " + quoteAll(labels)
	if len(labels) == 0 {
		wanted = "no labels, so only agents without labels take it"
	}
	switch {
	case len(alive) > 0:
		f.Suitable = true
		f.Text = fmt.Sprintf("The run has %s. Agents that would take it: %s.", wanted, strings.Join(alive, "; "))
	case len(agents) == 0:
		f.Text = fmt.Sprintf("No agent has ever registered in this tenant. The run has %s.", wanted)
	case len(dead) > 0:
		f.Text = fmt.Sprintf("The run has %s. Agents with matching labels exist, but no longer ask for work: %s.", wanted, strings.Join(dead, "; "))
	default:
		f.Text = fmt.Sprintf("The run has %s. No agent has matching labels; there are: %s.", wanted, strings.Join(other, "; "))
	}
	return f
}

func describeAgent(a prefect.Agent, now time.Time) string {
	name := a.Name
	if name == "" {
		name = a.ID
	}
	labels := "no labels"
	if len(a.Labels) > 0 {
		labels = "labels " + quoteAll(a.Labels)
	}
	last := "never asked for work"
	if a.LastQueried != nil {
		last = "last asked for work " + ago(now.Sub(*a.LastQueried))
	}
	return fmt.Sprintf("%q (%s, %s)", name, labels, last)
}

func ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return d.Round(time.Second).String() + " ago"
}

func quoteAll(list []string) string {
	quoted := make([]string, 0, len(list))
	for _, s := range list {
		quoted = append(quoted, fmt.Sprintf("%q", s))
	}
	return strings.Join(quoted, ", ")
}
