package jobspec

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// variables is a map that keeps its names in insertion order, as a Python dict does.
type variables struct {
	names  []string
	values map[string]any
}

func (v *variables) set(name string, value any) {
	if _, known := v.values[name]; !known {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

// environment merges, in increasing precedence, the agent's settings, the run configuration's variables and
// those the run requires.
func environment(run Run, config runConfig, agent Agent, image string) *variables {
	env := &variables{values: map[string]any{}}
	env.set("PREFECT__LOGGING__LEVEL", cmp.Or(agent.LoggingLevel, "INFO"))
	for _, name := range slices.Sorted(maps.Keys(agent.Env)) {
		env.set(name, agent.Env[name])
	}
	for _, name := range storedOrder(config.env) {
		env.set(name, config.env[name])
	}
	// A run can turn its logs off, but not on if the agent turns them off.
	sendLogs := "true"
	if agent.NoCloudLogs {
		sendLogs = "false"
	}
	if _, set := env.values["PREFECT__CLOUD__SEND_FLOW_RUN_LOGS"]; !set || agent.NoCloudLogs {
		env.set("PREFECT__CLOUD__SEND_FLOW_RUN_LOGS", sendLogs)
	}
	tenant := ""
	if agent.APIKey != "" {
		tenant = agent.TenantID
	}
	for _, v := range [][2]string{
		{"PREFECT__BACKEND", cmp.Or(agent.Backend, "server")},
		{"PREFECT__CLOUD__AGENT__LABELS", PythonList(agent.Labels)},
		{"PREFECT__CLOUD__API", agent.API},
		{"PREFECT__CLOUD__API_KEY", agent.APIKey},
		{"PREFECT__CLOUD__TENANT_ID", tenant},
		{"PREFECT__CLOUD__USE_LOCAL_SECRETS", "false"},
		{"PREFECT__CONTEXT__FLOW_RUN_ID", run.ID},
		{"PREFECT__CONTEXT__FLOW_ID", run.FlowID},
		{"PREFECT__CONTEXT__IMAGE", image},
		{"PREFECT__ENGINE__FLOW_RUNNER__DEFAULT_CLASS", "prefect.engine.cloud.CloudFlowRunner"},
		{"PREFECT__LOGGING__LOG_TO_CLOUD", sendLogs}, // read by Prefect before 0.15
		{"PREFECT__CLOUD__AUTH_TOKEN", agent.APIKey}, // read by Prefect before 1.0
	} {
		env.set(v[0], v[1])
	}
	return env
}

// storedOrder returns names in the order in which PostgreSQL returns the members of a JSON object, and so in
// which the agent sees the variables of a run configuration: by length, then by bytes.
func storedOrder(env map[string]any) []string {
	return slices.SortedFunc(maps.Keys(env), func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}
