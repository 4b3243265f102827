package api

import (
	"context"
	"crypto/md5" // names runs; nothing is secured by it
	"encoding/hex"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schedule"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// scheduledRuns is how many runs of a flow are scheduled ahead.
const scheduledRuns = 10

func (a *API) setScheduleActiveOperation(ctx context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(a.setScheduleActive(ctx, tx, text(input, "flow_id")))
}

// setScheduleActive turns a schedule on and schedules the first runs. It does nothing
// where there is no schedule, and refuses one whose clocks leave a required parameter out.
func (a *API) setScheduleActive(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	flow, found := tx.Get("flow", id)
	if !found {
		return false, nil
	}
	group, _ := tx.Get("flow_group", rowText(flow, "flow_group_id"))
	if flow["schedule"] != nil && !clocksGiveParameters(flow, group) {
		return false, fail("Can not schedule a flow that has required parameters.")
	}
	if flow["schedule"] == nil && group["schedule"] == nil {
		return false, nil
	}
	if _, err := update(tx, "flow", id, store.Row{"is_schedule_active": true}); err != nil {
		return false, err
	}
	_, err := a.ScheduleFlowRuns(ctx, tx, id, scheduledRuns)
	return err == nil, err
}

// clocksGiveParameters reports whether every clock of the flow's own schedule gives what is
// required and has no default in the group.
func clocksGiveParameters(flow, group store.Row) bool {
	defaults := object(group["default_parameters"])
	var missing []string
	for _, item := range list(flow["parameters"]) {
		parameter := object(item)
		name := text(parameter, "name")
		if _, given := defaults[name]; truthy(parameter["required"]) && !given {
			missing = append(missing, name)
		}
	}
	for _, clock := range list(object(flow["schedule"])["clocks"]) {
		given := object(object(clock)["parameter_defaults"])
		for _, name := range missing {
			if _, found := given[name]; !found {
				return false
			}
		}
	}
	return true
}

func setScheduleInactive(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	id := text(input, "flow_id")
	found, err := update(tx, "flow", id, store.Row{"is_schedule_active": false})
	if err == nil && found {
		err = deleteAutoScheduledRuns(tx, id)
	}
	return success(found, err)
}

// ScheduleFlowRuns creates the next runs of a flow whose schedule is active; at most limit
// events of the schedule are considered, and those that have a run already are passed
// over. It returns the ids of the runs. The schedule of the flow group goes before the
// flow's own.
func (a *API) ScheduleFlowRuns(ctx context.Context, tx *store.Tx, flowID string, limit int) ([]string, error) {
	flow, found := tx.Get("flow", flowID)
	if !found || rowBool(flow, "archived") || !rowBool(flow, "is_schedule_active") {
		return nil, nil
	}
	group, _ := tx.Get("flow_group", rowText(flow, "flow_group_id"))
	raw := group["schedule"]
	if !truthy(raw) {
		raw = flow["schedule"]
	}
	if raw == nil {
		return nil, nil
	}
	parsed, err := schedule.Parse(raw)
	if err != nil {
		a.logger().Error("schedule not understood", "flow", flowID, "error", err)
		return nil, nil
	}
	events, err := parsed.Next(limit, a.now())
	if err != nil {
		return nil, fail(err.Error())
	}
	latest := a.latestScheduled(tx, flowID)
	var (
		ids     []string
		failure error
	)
	for _, event := range events {
		special := len(event.Parameters) > 0 || event.Labels != nil
		if !special && !event.Time.After(latest) {
			continue
		}
		id, err := a.createRun(ctx, tx, runRequest{
			flowID: flowID, start: event.Time, parameters: event.Parameters,
			labels: labelsOrNil(event.Labels), idempotencyKey: scheduledKey(event, special),
		})
		if err != nil {
			if failure == nil {
				failure = err
			}
			continue
		}
		ids = append(ids, id)
	}
	// As in the real service a failed run keeps the others from being marked.
	if failure != nil {
		return ids, failure
	}
	for _, id := range ids {
		if _, err := update(tx, "flow_run", id, store.Row{"auto_scheduled": true}); err != nil {
			return ids, err
		}
	}
	return ids, nil
}

// labelsOrNil keeps a missing list of labels an untyped nil.
func labelsOrNil(labels []any) any {
	if labels == nil {
		return nil
	}
	return slices.Clone(labels)
}

// latestScheduled is the start of the last run a schedule made, in whatever state it is;
// now without one.
func (a *API) latestScheduled(tx *store.Tx, flowID string) time.Time {
	var latest time.Time
	for _, run := range tx.By("flow_run", "flow_id", flowID) {
		if start, ok := rowTime(run, "scheduled_start_time"); ok && rowBool(run, "auto_scheduled") && start.After(latest) {
			latest = start
		}
	}
	if latest.IsZero() {
		return a.now()
	}
	return latest
}

// scheduledKey is the idempotency key of a scheduled run. Runs at one time with different
// parameters or labels differ by a digest of the characters of both, in order.
func scheduledKey(event schedule.Event, special bool) string {
	key := "auto-scheduled:" + isoFormat(event.Time.UTC())
	if !special {
		return key
	}
	parameters := event.Parameters
	if parameters == nil {
		parameters = map[string]any{}
	}
	digest := md5.Sum([]byte(orderedCharacters(dumps(parameters)) + orderedCharacters(dumps(labelsOrNil(event.Labels)))))
	return key + ":" + hex.EncodeToString(digest[:])
}

func orderedCharacters(text string) string {
	characters := []byte(text)
	slices.Sort(characters)
	items := make([]any, len(characters))
	for i, character := range characters {
		items[i] = string(rune(character))
	}
	return repr(items)
}
