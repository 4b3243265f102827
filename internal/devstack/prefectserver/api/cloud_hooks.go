package api

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) cloudHookMutations() map[string]Operation {
	return map[string]Operation{
		"create_cloud_hook":       createCloudHook,
		"delete_cloud_hook":       deleteCloudHook,
		"set_cloud_hook_active":   setCloudHookActive(true),
		"set_cloud_hook_inactive": setCloudHookActive(false),
		"test_cloud_hook":         a.testCloudHook,
	}
}

func createCloudHook(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	states, err := hookStates(stringsOf(input["states"]))
	if err != nil {
		return nil, err
	}
	kind := text(input, "type")
	if err := checkHookConfig(kind, input["config"]); err != nil {
		return nil, err
	}
	row, err := insert(tx, "cloud_hook", store.Row{
		"tenant_id": text(input, "tenant_id"), "version_group_id": nullable(input, "version_group_id"),
		"config": nullable(input, "config"), "type": kind, "states": states, "active": true, "name": nullable(input, "name"),
	})
	return idPayload(rowText(row, "id"), err)
}

// hookStates checks the names of states, which may be in any case, and keeps them in
// capitals, each once.
func hookStates(names []string) ([]any, error) {
	known := map[string]bool{}
	for _, state := range states.All() {
		known[strings.ToUpper(state.Name)] = state.Name != states.Base && state.Name != states.Meta
	}
	for i := range names {
		names[i] = strings.ToUpper(names[i])
		if !known[names[i]] {
			return nil, fail("Invalid states")
		}
	}
	if len(names) == 0 {
		return nil, fail("Invalid states")
	}
	slices.Sort(names)
	return jsonStrings(slices.Compact(names)), nil
}

// checkHookConfig requires exactly the settings of a type of hook.
func checkHookConfig(kind string, raw any) error {
	config := object(raw)
	given := slices.Sorted(maps.Keys(config))
	if _, iterable := sequence(raw); kind != "PREFECT_MESSAGE" && truthy(raw) && !iterable {
		return fail("'" + typeName(raw) + "' object is not iterable")
	}
	switch kind {
	case "WEBHOOK", "SLACK_WEBHOOK":
		if !slices.Equal(given, []string{"url"}) {
			return fail("Invalid config; expected `url`")
		}
	case "TWILIO":
		if !slices.Equal(given, []string{"account_sid", "auth_token", "messaging_service_sid", "to"}) || !truthy(config["to"]) {
			return fail("Invalid config; expected `account_sid`, `auth_token`, `messaging_service_sid`, and `to`")
		}
	case "PAGERDUTY":
		if !slices.Equal(given, []string{"api_token", "routing_key", "severity"}) {
			return fail("Invalid config; expected `api_token`, `routing_key`, & `severity`")
		}
		if !slices.Contains([]string{"info", "warning", "error", "critical"}, text(config, "severity")) {
			return fail("Invalid config; severity must be one of {info, warning, error, critical}")
		}
	}
	return nil
}

func deleteCloudHook(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "cloud_hook", text(input, "cloud_hook_id")))
}

func setCloudHookActive(active bool) Operation {
	return func(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
		return success(update(tx, "cloud_hook", text(input, "cloud_hook_id"), store.Row{"active": active}))
	}
}

// testCloudHook calls a hook, active or not, with an event that did not happen. It reports failures in its payload.
func (a *API) testCloudHook(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	hook, found := tx.Get("cloud_hook", text(input, "cloud_hook_id"))
	if !found {
		return tested("Invalid ID"), nil
	}
	event, problem := a.testEvent(tx, hook, text(input, "flow_run_id"), testState(text(input, "state_type")))
	if problem != "" {
		return tested(problem), nil
	}
	if hook["type"] == "PREFECT_MESSAGE" {
		if err := createHookMessage(tx, event); err != nil {
			return tested(err.Error()), nil
		}
		return tested(""), nil
	}
	call := func(ctx context.Context) any {
		if err := a.callHook(ctx, hook, event); err != nil {
			return tested(err.Error())
		}
		return tested("")
	}
	if box, ok := ctx.Value(outboxKey{}).(*outbox); ok {
		// The receiver may be slow, and may call this Server itself, so others must not wait for it.
		box.answer = call
		return nil, nil
	}
	return call(ctx), nil
}

func tested(problem string) any {
	return map[string]any{"success": problem == "", "error": orNull(problem)}
}

func testState(name string) *State {
	switch name {
	case "SCHEDULED":
		return newState("Scheduled", "Test scheduled state")
	case "SUBMITTED":
		return newState("Submitted", "Test submitted state")
	case "RUNNING":
		return newState("Running", "Test running state")
	case "FAILED":
		return newState("Failed", "Test failed state")
	}
	return newState("Success", "Test success state")
}

// testEvent is about a flow run if one is given, else about one made up.
func (a *API) testEvent(tx *store.Tx, hook store.Row, flowRunID string, state *State) (hookEvent, string) {
	if state.Type == "Scheduled" {
		now := a.now()
		state.Start = &now
	}
	event := hookEvent{
		id: a.newID(), at: a.now(),
		state: map[string]any{"version": number(1), "state": state.Type, "serialized_state": state.serialize()},
	}
	if flowRunID == "" {
		event.test = true
		event.run = map[string]any{"id": a.newID(), "name": a.newName()}
		event.tenant = map[string]any{"id": hook["tenant_id"], "slug": "test-slug"}
		event.flow = map[string]any{"id": a.newID(), "name": "Cloud Hook Test Flow"}
		return event, ""
	}
	run, found := tx.Get("flow_run", flowRunID)
	if !found {
		return event, "'NoneType' object has no attribute 'id'"
	}
	flow, _ := tx.Get("flow", rowText(run, "flow_id"))
	tenant, _ := tx.Get("tenant", rowText(run, "tenant_id"))
	event.run = pick(run, "id", "tenant_id", "flow_id", "name")
	event.run["version"] = number(rowInt(run, "version") + 1)
	event.run["state"] = state.Type
	event.run["serialized_state"] = state.serialize()
	event.flow = pick(flow, "id", "tenant_id", "name", "environment", "version_group_id")
	event.tenant = pick(tenant, "id", "slug")
	return event, ""
}

// pick copies columns of a row into a JSON object.
func pick(row store.Row, columns ...string) map[string]any {
	picked := map[string]any{}
	for _, column := range columns {
		value := row[column]
		if count, ok := value.(int64); ok {
			value = number(count)
		}
		picked[column] = value
	}
	return picked
}
