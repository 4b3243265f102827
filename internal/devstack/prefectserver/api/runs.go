package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) runMutations() map[string]Operation {
	return map[string]Operation{
		"create_flow_run":           a.createFlowRun,
		"delete_flow_run":           deleteFlowRun,
		"set_flow_run_name":         setFlowRunName,
		"set_flow_run_labels":       setFlowRunLabels,
		"update_flow_run_heartbeat": a.updateFlowRunHeartbeat,
		"get_runs_in_queue":         a.getRunsInQueue,
	}
}

// runRequest is what a new flow run is asked for with. Labels, runConfig and context are
// nil when not given.
type runRequest struct {
	flowID, versionGroupID string
	name                   string
	idempotencyKey         any       // nil: none; an empty text is a key
	start                  time.Time // zero: now
	parameters             any       // an object, unless the call is wrong
	context                any
	labels, runConfig      any
}

func (a *API) createFlowRun(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	request := runRequest{
		flowID: text(input, "flow_id"), versionGroupID: text(input, "version_group_id"),
		name: text(input, "flow_run_name"), idempotencyKey: input["idempotency_key"],
		context: input["context"], labels: input["labels"], runConfig: input["run_config"],
	}
	if request.flowID == "" && request.versionGroupID == "" {
		return nil, fail("A flow id or version group ID must be provided.")
	}
	request.start, _ = input["scheduled_start_time"].(time.Time)
	request.parameters = input["parameters"]
	return idPayload(a.createRun(ctx, tx, request))
}

// createRun inserts a run and its first state. A run of the same flow with the same key is
// returned instead, whatever has become of it.
func (a *API) createRun(ctx context.Context, tx *store.Tx, request runRequest) (string, error) {
	flow, err := flowToRun(tx, request)
	if err != nil {
		return "", err
	}
	group, _ := tx.Get("flow_group", rowText(flow, "flow_group_id"))
	labels, config, err := runLabels(flow, group, request)
	if err != nil {
		return "", err
	}
	parameters, err := runParameters(flow, group, request.parameters)
	if err != nil {
		return "", err
	}
	if existing := runWithKey(tx, rowText(flow, "id"), request.idempotencyKey); existing != "" {
		_, err := update(tx, "flow_run", existing, store.Row{"idempotency_key": request.idempotencyKey})
		return existing, err
	}
	if request.start.IsZero() {
		request.start = a.now()
	}
	if request.name == "" {
		request.name = a.newName()
	}
	if !truthy(request.context) {
		request.context = map[string]any{}
	}
	row := store.Row{
		"id": a.newID(), "tenant_id": flow["tenant_id"], "flow_id": flow["id"], "name": request.name,
		"labels": labels, "run_config": config,
		"parameters": parameters, "context": request.context, "scheduled_start_time": request.start,
		"idempotency_key": request.idempotencyKey,
	}
	run, err := insert(tx, "flow_run", row)
	if err != nil {
		return "", err
	}
	id := rowText(run, "id")
	return id, a.SetFlowRunState(ctx, tx, id, Scheduled("Flow run scheduled.", request.start), "")
}

// flowToRun is the flow asked for, or the newest live version of the group asked for.
func flowToRun(tx *store.Tx, request runRequest) (store.Row, error) {
	if request.flowID == "" {
		id := liveVersion(tx, request.versionGroupID)
		flow, found := tx.Get("flow", id)
		if id == "" || !found {
			return nil, fail(fmt.Sprintf("Version group %s has no unarchived flows.", request.versionGroupID))
		}
		return flow, nil
	}
	flow, found := tx.Get("flow", request.flowID)
	if !found {
		return nil, fail(fmt.Sprintf("Flow %s not found", request.flowID))
	}
	if rowBool(flow, "archived") {
		return nil, fail(fmt.Sprintf("Flow %s is archived.", request.flowID))
	}
	return flow, nil
}

func runWithKey(tx *store.Tx, flowID string, key any) string {
	if key == nil {
		return ""
	}
	for _, run := range tx.By("flow_run", "flow_id", flowID) {
		if run["idempotency_key"] == key {
			return rowText(run, "id")
		}
	}
	return ""
}

// runLabels takes the first that is given of: the call, the call's run config, the group,
// the group's run config, the flow's run config, the flow's environment. Given means not
// null: an empty list takes all labels away. It returns the run's config too, since the
// service sorts the list where it stands: labels out of a run config are in order there
// as well.
func runLabels(flow, group store.Row, request runRequest) (labels, config any, err error) {
	config = runConfig(flow, group, request)
	switch {
	case request.labels != nil:
		return sortedLabels(request.labels), config, nil
	case request.runConfig == nil && group["labels"] != nil:
		return sortedLabels(group["labels"]), config, nil
	case config == nil && flow["environment"] == nil:
		return []any{}, nil, nil
	case config == nil:
		labels, _, err = sortLabelsIn(flow["environment"])
		return labels, nil, err
	}
	return sortLabelsIn(config)
}

// sortLabelsIn returns the labels of a run config in order, and the config with them.
func sortLabelsIn(config any) (labels, sorted any, err error) {
	settings, ok := config.(map[string]any)
	if !ok {
		return nil, nil, noAttribute(config, "get")
	}
	given := settings["labels"]
	if !truthy(given) {
		return []any{}, config, nil
	}
	items, ok := given.([]any)
	if !ok {
		return nil, nil, noAttribute(given, "sort")
	}
	items = slices.Clone(items)
	if err := sortValues(items); err != nil {
		return nil, nil, err
	}
	r := record{problems: &problems{model: "FlowRun"}, raw: map[string]any{"labels": items}}
	labels = r.texts("labels", false)
	return labels, with(settings, "labels", items), r.err()
}

// runConfig takes the first that is given of: the call, the group, the flow.
func runConfig(flow, group store.Row, request runRequest) any {
	switch {
	case request.runConfig != nil:
		return request.runConfig
	case group["run_config"] != nil:
		return group["run_config"]
	}
	return flow["run_config"]
}

// runParameters lays the call's parameters over the group's over the flow's defaults.
// Defaults that Python takes for false are left to the flow.
func runParameters(flow, group store.Row, given any) (map[string]any, error) {
	parameters := map[string]any{}
	for _, item := range list(flow["parameters"]) {
		parameter := object(item)
		if value := parameter["default"]; truthy(value) {
			parameters[text(parameter, "name")] = value
		}
	}
	maps.Copy(parameters, object(group["default_parameters"]))
	if truthy(given) {
		entries, problem := entriesOf(given)
		if entries == nil {
			return nil, fail(problem)
		}
		maps.Copy(parameters, entries)
	}
	var missing []string
	for _, item := range list(flow["parameters"]) {
		parameter := object(item)
		name := text(parameter, "name")
		if _, found := parameters[name]; truthy(parameter["required"]) && !found {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return parameters, nil
	}
	slices.Sort(missing)
	names := repr(jsonStrings(slices.Compact(missing)))
	return nil, fail("Required parameters were not supplied: {" + names[1:len(names)-1] + "}")
}

func deleteFlowRun(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "flow_run", text(input, "flow_run_id")))
}

func setFlowRunName(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	name := text(input, "name")
	if name == "" {
		return nil, fail("Invalid name")
	}
	return success(update(tx, "flow_run", text(input, "flow_run_id"), store.Row{"name": name}))
}

func setFlowRunLabels(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	set := store.Row{"labels": sortedLabels(input["labels"])}
	return success(update(tx, "flow_run", text(input, "flow_run_id"), set))
}

// updateFlowRunHeartbeat always succeeds: the real service answers before it writes.
func (a *API) updateFlowRunHeartbeat(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	_, err := update(tx, "flow_run", text(input, "flow_run_id"), store.Row{"heartbeat": a.now()})
	return success(true, err)
}
