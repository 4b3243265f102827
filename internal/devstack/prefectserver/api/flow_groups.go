package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schedule"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) flowGroupMutations() map[string]Operation {
	return map[string]Operation{
		"delete_flow_group":                 deleteFlowGroup,
		"set_flow_group_default_parameters": setGroup("default_parameters", "parameters"),
		"set_flow_group_description":        setGroup("description", "description"),
		"set_flow_group_run_config":         setGroup("run_config", "run_config"),
		"set_flow_group_labels":             setFlowGroupLabels,
		"set_flow_group_schedule":           a.setFlowGroupSchedule,
		"delete_flow_group_schedule":        deleteFlowGroupSchedule,
	}
}

// deleteFlowGroup takes every version along, runs first.
func deleteFlowGroup(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	id := text(input, "flow_group_id")
	for _, flow := range slices.Clone(tx.By("flow", "flow_group_id", id)) {
		if _, err := deleteFlow(tx, rowText(flow, "id")); err != nil {
			return nil, err
		}
	}
	return success(remove(tx, "flow_group", id))
}

// setGroup makes the mutation that copies an input field to a column; null and left out
// both clear it.
func setGroup(column, field string) Operation {
	return func(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
		set := store.Row{column: nullable(input, field)}
		return success(update(tx, "flow_group", text(input, "flow_group_id"), set))
	}
}

// setFlowGroupLabels drops repetitions. Null inherits the labels of the run config, an
// empty list means none.
func setFlowGroupLabels(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	var labels any
	if given := input["labels"]; given != nil {
		unique := stringsOf(given)
		slices.Sort(unique)
		labels = jsonStrings(slices.Compact(unique))
	}
	return success(update(tx, "flow_group", text(input, "flow_group_id"), store.Row{"labels": labels}))
}

// setFlowGroupSchedule replaces the whole schedule. With a time zone every clock starts
// now; without one it has no start.
func (a *API) setFlowGroupSchedule(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	clocks, err := a.groupClocks(input)
	if err != nil {
		return nil, err
	}
	for _, clock := range clocks {
		if err := schedule.ValidateClock(fromPairs(clock)); err != nil {
			return nil, fail("Invalid clock provided for schedule: " + repr(clock))
		}
	}
	documents := make([]any, len(clocks))
	for i, clock := range clocks {
		documents[i] = fromPairs(clock)
	}
	return setGroupSchedule(tx, text(input, "flow_group_id"), map[string]any{"type": "Schedule", "clocks": documents})
}

func deleteFlowGroupSchedule(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return setGroupSchedule(tx, text(input, "flow_group_id"), nil)
}

func setGroupSchedule(tx *store.Tx, id string, document any) (any, error) {
	found, err := update(tx, "flow_group", id, store.Row{"schedule": document})
	if err != nil {
		return nil, err
	}
	for _, flow := range tx.By("flow", "flow_group_id", id) {
		if err := deleteAutoScheduledRuns(tx, rowText(flow, "id")); err != nil {
			return nil, err
		}
	}
	return success(found, nil)
}

// groupClocks builds the serialised clocks; the order of keys shows in error messages.
func (a *API) groupClocks(input map[string]any) ([][]pair, error) {
	var clocks [][]pair
	for _, kind := range []string{"cron_clocks", "interval_clocks"} {
		given, present := input[kind]
		if present && given == nil {
			return nil, fail("'NoneType' object is not iterable")
		}
		for _, item := range list(given) {
			if kind == "cron_clocks" {
				clocks = append(clocks, cronClock(object(item)))
			} else {
				clocks = append(clocks, intervalClock(object(item)))
			}
		}
	}
	start, err := a.startDate(text(input, "timezone"))
	if err != nil {
		return nil, err
	}
	for i := range clocks {
		clocks[i] = append(clocks[i], pair{"start_date", start})
	}
	return clocks, nil
}

func cronClock(given map[string]any) []pair {
	clock := []pair{{"type", "CronClock"}, {"cron", given["cron"]}}
	if defaults, present := given["parameter_defaults"]; present {
		clock = append(clock, pair{"parameter_defaults", defaults})
	}
	return clock
}

// intervalClock takes seconds and keeps microseconds.
func intervalClock(given map[string]any) []pair {
	seconds, _ := integer(given["interval"])
	clock := []pair{{"type", "IntervalClock"}, {"interval", number(seconds * int64(time.Second/time.Microsecond))}}
	if defaults := given["parameter_defaults"]; truthy(defaults) {
		clock = append(clock, pair{"parameter_defaults", defaults})
	}
	return clock
}

func (a *API) startDate(timezone string) (any, error) {
	if timezone == "" {
		return nil, nil
	}
	zone, err := schedule.LoadZone(timezone)
	if err != nil {
		return nil, fail(fmt.Sprintf("Invalid timezone provided for schedule: %s", timezone))
	}
	return map[string]any{"dt": isoNaive(a.now().In(zone)), "tz": timezone}, nil
}

func fromPairs(pairs []pair) map[string]any {
	found := make(map[string]any, len(pairs))
	for _, entry := range pairs {
		found[entry.key] = entry.value
	}
	return found
}
