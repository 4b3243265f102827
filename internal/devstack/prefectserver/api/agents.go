package api

import (
	"context"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) agentMutations() map[string]Operation {
	return map[string]Operation{
		"register_agent":      registerAgent,
		"delete_agent":        deleteAgent,
		"create_agent_config": createAgentConfig,
		"update_agent_config": updateAgentConfig,
		"delete_agent_config": deleteAgentConfig,
	}
}

// registerAgent returns the agent of the same tenant, type and labels, and of the same
// name and client version where these are given; else it makes one.
func registerAgent(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	tenant := text(input, "tenant_id")
	if tenant == "" {
		return nil, fail("No tenant found.")
	}
	var coreVersion any
	if version := header(ctx, "X-Prefect-Core-Version"); version != "" {
		coreVersion = version
	}
	wanted := store.Row{"name": input["name"], "type": input["type"], "core_version": coreVersion}
	labels := sortedLabels(input["labels"])
	for _, agent := range tx.By("agent", "tenant_id", tenant) {
		if matches(agent, wanted) && store.EqualJSON(agent["labels"], labels) {
			return idPayload(rowText(agent, "id"), nil)
		}
	}
	wanted["tenant_id"] = tenant
	wanted["labels"] = labels
	wanted["agent_config_id"] = nullable(input, "agent_config_id")
	agent, err := insert(tx, "agent", wanted)
	return idPayload(rowText(agent, "id"), err)
}

// matches compares columns; null matches everything.
func matches(row, wanted store.Row) bool {
	for column, value := range wanted {
		if value != nil && row[column] != value {
			return false
		}
	}
	return true
}

func deleteAgent(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "agent", text(input, "agent_id")))
}

func createAgentConfig(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	settings := input["settings"]
	if !truthy(settings) {
		settings = map[string]any{}
	}
	row, err := insert(tx, "agent_config", store.Row{
		"tenant_id": text(input, "tenant_id"), "name": nullable(input, "name"), "settings": settings,
	})
	return idPayload(rowText(row, "id"), err)
}

// updateAgentConfig changes what is given and not null.
func updateAgentConfig(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	set := store.Row{}
	for _, column := range []string{"name", "settings"} {
		if value := input[column]; value != nil {
			set[column] = value
		}
	}
	if len(set) == 0 {
		return nil, fail("[{'extensions': {'path': '$.selectionSet.update_agent_config', 'code': 'validation-failed'}, " +
			"'message': 'at least any one of _set, _inc is expected'}]")
	}
	return success(update(tx, "agent_config", text(input, "agent_config_id"), set))
}

func deleteAgentConfig(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "agent_config", text(input, "agent_config_id")))
}
