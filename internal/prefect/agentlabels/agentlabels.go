// Package agentlabels contains the rule by which Prefect Server assigns a run to an agent.
package agentlabels

import "slices"

// Match reports whether an agent gets a run: the agent must have all of the run's labels, and a run without
// labels goes only to an agent without labels.
func Match(agent, run []string) bool {
	if len(run) == 0 {
		return len(agent) == 0
	}
	return !slices.ContainsFunc(run, func(label string) bool { return !slices.Contains(agent, label) })
}
