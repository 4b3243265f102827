package api

import (
	"context"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) messageMutations() map[string]Operation {
	return map[string]Operation{
		"mark_message_as_read":   markMessage(true),
		"mark_message_as_unread": markMessage(false),
		"delete_message":         deleteMessage,
	}
}

func markMessage(read bool) Operation {
	return func(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
		return success(update(tx, "message", text(input, "message_id"), store.Row{"read": read}))
	}
}

func deleteMessage(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "message", text(input, "message_id")))
}

// createHookMessage leaves a message about a state change to the people of the tenant.
func createHookMessage(tx *store.Tx, event hookEvent) error {
	_, err := insert(tx, "message", store.Row{
		"tenant_id": event.tenant["id"], "type": "CLOUD_HOOK", "text": nil,
		"content": map[string]any{"type": "CLOUD_HOOK", "event": event.known()},
	})
	return err
}
