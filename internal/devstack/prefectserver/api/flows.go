package api

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) flowMutations() map[string]Operation {
	return map[string]Operation{
		"create_flow":                        a.createFlow,
		"create_flow_from_compressed_string": a.createFlowFromCompressedString,
		"delete_flow":                        deleteFlowOperation,
		"archive_flow":                       a.archiveFlowOperation,
		"update_flow_project":                updateFlowProject,
		"set_schedule_active":                a.setScheduleActiveOperation,
		"set_schedule_inactive":              setScheduleInactive,
	}
}

// decompressedLimit bounds what a compressed flow may unpack to, in bytes.
const decompressedLimit = 256 << 20

func (a *API) createFlowFromCompressedString(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	document, err := decompress(text(input, "serialized_flow"))
	if err != nil {
		return nil, fail("Unable to decompress serialized flow")
	}
	if !finite(document) {
		return nil, errInternal()
	}
	return a.createFlow(ctx, tx, with(input, "serialized_flow", document))
}

// decompress reads base64 of gzip of JSON.
func decompress(compressed string) (any, error) {
	packed, err := pythonBase64(compressed)
	if err != nil {
		return nil, fmt.Errorf("base64: %w", err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(reader, decompressedLimit))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	return document, nil
}

// pythonBase64 decodes as Python does by default: it passes over what is not in the alphabet, and reads nothing after
// the padding of the last group.
func pythonBase64(encoded string) ([]byte, error) {
	const group = 4
	var digits []byte
	padding := 0
	for i := range len(encoded) {
		c := encoded[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			digits, padding = append(digits, c), 0
			continue
		case c != '=' || len(digits)%group < 2:
			continue
		}
		padding++
		if len(digits)%group+padding == group {
			return base64.RawStdEncoding.DecodeString(string(digits)) //nolint:wrapcheck // the caller's words
		}
	}
	if len(digits)%group != 0 {
		return nil, errors.New("incorrect padding")
	}
	return base64.RawStdEncoding.DecodeString(string(digits)) //nolint:wrapcheck // the caller's words
}

// finite reports whether every number can be written as JSON after Python has read it.
func finite(value any) bool {
	switch typed := value.(type) {
	case json.Number:
		_, err := typed.Float64()
		return err == nil || !strings.ContainsAny(typed.String(), ".eE") // integers have any size
	case []any:
		return !slices.ContainsFunc(typed, func(item any) bool { return !finite(item) })
	case map[string]any:
		for _, item := range typed {
			if !finite(item) {
				return false
			}
		}
	}
	return true
}

// createFlow registers a version, then archives the other live ones of its group.
func (a *API) createFlow(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	raw, ok := input["serialized_flow"].(map[string]any)
	if !ok {
		return nil, noAttribute(input["serialized_flow"], "get")
	}
	group := text(input, "version_group_id")
	if group == "" {
		// The name is looked up before it is validated.
		if _, isText := raw["name"].(string); raw["name"] != nil && !isText {
			return nil, fail("[{'extensions': {'path': '$', 'code': 'validation-failed'}, " +
				"'message': 'Expected type String, found " + strings.ReplaceAll(dumps(raw["name"]), "'", `\'`) + ".'}]")
		}
		group = groupByName(tx, text(input, "project_id"), raw["name"])
	}
	id, err := a.registerFlow(ctx, tx, raw, group, input)
	if err != nil {
		return nil, err
	}
	if group == "" {
		return idPayload(id, nil)
	}
	// By version group alone: tenants that share a group id archive each other's flows.
	for _, other := range tx.By("flow", "version_group_id", group) {
		if rowText(other, "id") == id || rowBool(other, "archived") {
			continue
		}
		if _, err := a.archiveFlow(ctx, tx, rowText(other, "id")); err != nil {
			return nil, err
		}
	}
	return idPayload(id, nil)
}

// groupByName is the version group of the project's newest flow with the name, archived
// or not; "" without one. A nameless flow matches every name, because a comparison with
// null filters nothing.
func groupByName(tx *store.Tx, project string, name any) string {
	var newest store.Row
	for _, flow := range tx.By("flow", "project_id", project) {
		if name != nil && flow["name"] != name {
			continue
		}
		if newest == nil || !created(flow).Before(created(newest)) {
			newest = flow
		}
	}
	return rowText(newest, "version_group_id")
}

// registerFlow inserts the next version of a group, unless the group's last registration
// had the same idempotency key and a live version is there: then it returns that one.
func (a *API) registerFlow(
	ctx context.Context, tx *store.Tx, raw map[string]any, group string, input map[string]any,
) (string, error) {
	flow, err := parseFlow(raw)
	if err != nil {
		return "", err
	}
	project, found := tx.Get("project", text(input, "project_id"))
	if !found {
		return "", fail("Invalid project.")
	}
	if group == "" {
		group = a.newID()
	}
	flowGroup, existing, err := claimGroup(tx, project["tenant_id"], group, nullable(input, "idempotency_key"))
	if err != nil || existing != "" {
		return existing, err
	}
	coreVersion, err := storedText("Flow", "core_version", flow.coreVersion)
	if err != nil {
		return "", err
	}
	stored, err := insert(tx, "flow", store.Row{
		"tenant_id": project["tenant_id"], "project_id": project["id"], "flow_group_id": flowGroup["id"],
		"name": flow.name, "description": nullable(input, "description"), "serialized_flow": raw,
		"environment": flow.environment, "run_config": flow.runConfig, "storage": flow.storage,
		"core_version": coreVersion, "parameters": flow.parameters, "schedule": flow.schedule,
		"version_group_id": group, "version": latestVersion(tx, project["tenant_id"], group) + 1,
		"archived": false, "is_schedule_active": false,
	})
	if err != nil {
		return "", err
	}
	id := rowText(stored, "id")
	if err := a.registerParts(tx, id, project["tenant_id"], flow); err != nil {
		a.logger().Error("registration failed", "flow", flow.name, "error", err)
		if _, err := deleteFlow(tx, id); err != nil {
			return "", err
		}
		return "", errInternal()
	}
	if raw["tasks"] == nil {
		if _, err := update(tx, "flow", id, store.Row{"serialized_flow": with(raw, "tasks", []any{})}); err != nil {
			return "", err
		}
	}
	activate, given := input["set_schedule_active"]
	if (!given || truthy(activate)) && (flow.schedule != nil || flowGroup["schedule"] != nil) {
		if _, err := a.setScheduleActive(ctx, tx, id); err != nil {
			// The registration succeeds all the same; the schedule stays as it is.
			a.logger().Error("schedule not activated", "flow", id, "error", err)
		}
	}
	return id, nil
}

// claimGroup finds or makes the flow group, and remembers the key in its settings. The id
// it returns is the live flow of the same key, "" when there is something to register.
func claimGroup(tx *store.Tx, tenant any, name string, key any) (store.Row, string, error) {
	for _, group := range tx.By("flow_group", "tenant_id", tenant) {
		if group["name"] != name {
			continue
		}
		settings := object(group["settings"])
		last, _ := settings["idempotency_key"].(string)
		if last != "" && last == key {
			if id := liveVersion(tx, name); id != "" {
				return group, id, nil
			}
		}
		_, err := update(tx, "flow_group", rowText(group, "id"),
			store.Row{"settings": with(settings, "idempotency_key", key)})
		return group, "", err
	}
	group, err := insert(tx, "flow_group", store.Row{
		"tenant_id": tenant, "name": name,
		"settings": map[string]any{
			"heartbeat_enabled": true, "lazarus_enabled": true,
			"version_locking_enabled": false, "idempotency_key": key,
		},
	})
	return group, "", err
}

// liveVersion is the newest unarchived flow of a version group, "" without one.
func liveVersion(tx *store.Tx, group string) string {
	live := slices.DeleteFunc(slices.Clone(tx.By("flow", "version_group_id", group)),
		func(flow store.Row) bool { return rowBool(flow, "archived") })
	if len(live) == 0 {
		return ""
	}
	return rowText(slices.MaxFunc(live, byVersion), "id")
}

func latestVersion(tx *store.Tx, tenant any, group string) int64 {
	latest := int64(0)
	for _, flow := range tx.By("flow", "version_group_id", group) {
		if flow["tenant_id"] == tenant {
			latest = max(latest, rowInt(flow, "version"))
		}
	}
	return latest
}

func byVersion(x, y store.Row) int { return cmp.Compare(rowInt(x, "version"), rowInt(y, "version")) }

func (a *API) registerParts(tx *store.Tx, flowID string, tenant any, flow *flowDocument) error {
	if slices.ContainsFunc(flow.tasks, func(task taskDocument) bool { return task.slug == "" }) {
		return errors.New("a task without a slug") // in parts, the service takes it
	}
	if err := a.insertTasks(tx, flowID, tenant, flow.tasks); err != nil {
		return err
	}
	return insertEdges(tx, flowID, tenant, flow.edges)
}

func deleteFlowOperation(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(deleteFlow(tx, text(input, "flow_id")))
}

func deleteFlow(tx *store.Tx, id string) (bool, error) {
	for _, run := range slices.Clone(tx.By("flow_run", "flow_id", id)) {
		if _, err := remove(tx, "flow_run", rowText(run, "id")); err != nil {
			return false, err
		}
	}
	return remove(tx, "flow", id)
}

func (a *API) archiveFlowOperation(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(a.archiveFlow(ctx, tx, text(input, "flow_id")))
}

// archiveFlow deletes the runs that the schedule made and cancels those that a person
// asked for, in both cases only runs that still wait.
func (a *API) archiveFlow(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	found, err := update(tx, "flow", id, store.Row{"archived": true})
	if err != nil || !found {
		return false, err
	}
	if err := deleteAutoScheduledRuns(tx, id); err != nil {
		return false, err
	}
	message := fmt.Sprintf("Flow %s was archived.", id)
	for _, run := range slices.Clone(tx.By("flow_run", "flow_id", id)) {
		if run["state"] != "Scheduled" || rowBool(run, "auto_scheduled") {
			continue
		}
		if _, err := a.cancelRun(ctx, tx, rowText(run, "id"), message); err != nil {
			return false, err
		}
	}
	return true, nil
}

func deleteAutoScheduledRuns(tx *store.Tx, flowID string) error {
	for _, run := range slices.Clone(tx.By("flow_run", "flow_id", flowID)) {
		if run["state"] != "Scheduled" || !rowBool(run, "auto_scheduled") {
			continue
		}
		if _, err := remove(tx, "flow_run", rowText(run, "id")); err != nil {
			return err
		}
	}
	return nil
}

// updateFlowProject moves one version, within its tenant.
func updateFlowProject(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	id := text(input, "flow_id")
	flow, foundFlow := tx.Get("flow", id)
	project, foundProject := tx.Get("project", text(input, "project_id"))
	if !foundFlow || !foundProject || flow["tenant_id"] != project["tenant_id"] {
		return nil, fail("Invalid flow or project ID.")
	}
	_, err := update(tx, "flow", id, store.Row{"project_id": project["id"]})
	return idPayload(id, err)
}
