package api

import (
	"context"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) flowSettingMutations() map[string]Operation {
	return map[string]Operation{
		"enable_flow_heartbeat":        setFlowSettings(map[string]bool{"disable_heartbeat": false, "heartbeat_enabled": true}),
		"disable_flow_heartbeat":       setFlowSettings(map[string]bool{"disable_heartbeat": true, "heartbeat_enabled": false}),
		"enable_flow_lazarus_process":  setFlowSettings(map[string]bool{"lazarus_enabled": true}),
		"disable_flow_lazarus_process": setFlowSettings(map[string]bool{"lazarus_enabled": false}),
	}
}

// setFlowSettings makes the mutation that sets settings of the flow's group, and so of
// all its versions; other settings stay.
func setFlowSettings(changes map[string]bool) Operation {
	return func(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
		flow, found := tx.Get("flow", text(input, "flow_id"))
		if !found {
			return nil, fail("Invalid flow ID.")
		}
		groupID := rowText(flow, "flow_group_id")
		group, found := tx.Get("flow_group", groupID)
		if !found {
			return nil, fail("Invalid flow group ID")
		}
		settings := object(group["settings"])
		for key, value := range changes {
			settings = with(settings, key, value)
		}
		return success(update(tx, "flow_group", groupID, store.Row{"settings": settings}))
	}
}
