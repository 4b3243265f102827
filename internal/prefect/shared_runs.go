package prefect

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// sharedRuns are the questions about runs that share requests when several are asked within a moment. No answer is used
// again.
type sharedRuns struct {
	histories refresher[FlowRunHistory] // by the run's id
	keyed     refresher[[]KeyedFlowRun] // by the beginning of the key, and the logger
	runs      refresher[FlowRun]        // by id
}

func newSharedRuns() *sharedRuns {
	return &sharedRuns{
		histories: refresher[FlowRunHistory]{source: refreshSource[FlowRunHistory]{find: flowRunHistories}},
		keyed:     refresher[[]KeyedFlowRun]{source: refreshSource[[]KeyedFlowRun]{find: flowRunsByKeys}},
		runs:      refresher[FlowRun]{source: refreshSource[FlowRun]{find: flowRunListing().find}},
	}
}

// HistoryLogs is how many lines of the log a FlowRunHistory has.
const HistoryLogs = 50

// FlowRunHistory is what a run left behind.
type FlowRunHistory struct {
	// States are all states that the run passed through, oldest first.
	States []FlowRunState
	// Logs are the newest HistoryLogs lines, oldest first.
	Logs []Log
}

// GetFlowRunHistory returns a run's states and the end of its log, both empty for an unknown run. Calls that come at about
// the same time share a request.
func (c *Client) GetFlowRunHistory(ctx context.Context, id string) (*FlowRunHistory, error) {
	found, err := c.sharedRuns.histories.get(ctx, c, id)
	if found == nil {
		found = &FlowRunHistory{}
	}
	return found, err
}

// ReadFlowRun is [Client.GetFlowRun]. Calls that come at about the same time share a request.
func (c *Client) ReadFlowRun(ctx context.Context, id string) (*FlowRun, error) {
	return refreshed(ctx, c, &c.sharedRuns.runs, id, "GetFlowRun", "flow run "+id)
}

// OpenFlowRuns is [Client.FlowRunsByKeyPrefix] for the keyRuns newest runs. Calls that come at about the same time share a
// request.
func (c *Client) OpenFlowRuns(ctx context.Context, prefix, logger string) ([]KeyedFlowRun, error) {
	found, err := c.sharedRuns.keyed.get(ctx, c, prefix+keySeparator+logger)
	if err != nil || found == nil {
		return nil, err
	}
	return slices.Clone(*found), nil
}

// keyRuns is how many runs with one beginning of their keys are returned.
const keyRuns = 50

// GetFlowRuns returns the runs with these ids in the client's tenant. Unknown ids are left out.
func (c *Client) GetFlowRuns(ctx context.Context, ids []string) ([]FlowRun, error) {
	return flowRunListing().list(ctx, c, where{"id": oneOf(ids)})
}

func flowRunHistories(ctx context.Context, c *Client, ids []string) (map[string]*FlowRunHistory, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, err
	}
	type row = graphql.FlowRunHistoriesFlowRun
	w := where{"id": oneOf(ids)}
	rows, err := pages(ctx, func(ctx context.Context, last string) ([]row, *graphql.Count, error) {
		out, err := graphql.FlowRunHistories(ctx, wire{c}, tenant, after(last, w), pageSize, HistoryLogs)
		if err != nil {
			return nil, nil, err
		}
		return out.FlowRun, out.Remaining.Aggregate, nil
	}, (*row).GetId)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*FlowRunHistory, len(rows))
	for i := range rows {
		r := &rows[i]
		history := &FlowRunHistory{States: statesOf(r.States), Logs: logsOf(r.Logs)}
		if r.Remaining.Aggregate == nil || len(r.States) < r.Remaining.Aggregate.Count {
			if history.States, err = c.FlowRunStates(ctx, r.Id); err != nil {
				return nil, err
			}
		}
		found[r.Id] = history
	}
	return found, nil
}

func statesOf(rows []graphql.FlowRunStateFields) []FlowRunState {
	states := convert(rows, func(s *graphql.FlowRunStateFields) FlowRunState {
		return FlowRunState{
			ID: s.Id, State: s.State, Message: value(s.Message), Timestamp: s.Timestamp, Version: value(s.Version),
		}
	})
	slices.SortFunc(states, func(a, b FlowRunState) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), a.Timestamp.Compare(b.Timestamp))
	})
	return states
}

// flowRunsByKeys asks for all keys at once, and for each by itself if the Server has more runs than it returns.
func flowRunsByKeys(ctx context.Context, c *Client, keys []string) (map[string]*[]KeyedFlowRun, error) {
	found := make(map[string]*[]KeyedFlowRun, len(keys))
	byLogger := map[string][]string{}
	for _, key := range keys {
		prefix, logger, _ := strings.Cut(key, keySeparator)
		byLogger[logger] = append(byLogger[logger], prefix)
	}
	for logger, prefixes := range byLogger {
		runs, all, err := c.flowRunsByPrefixes(ctx, prefixes, logger)
		if err != nil {
			return nil, err
		}
		for _, prefix := range prefixes {
			mine := slices.DeleteFunc(slices.Clone(runs), func(r KeyedFlowRun) bool { return !strings.HasPrefix(r.IdempotencyKey, prefix) })
			if !all {
				if mine, err = c.FlowRunsByKeyPrefix(ctx, prefix, logger, keyRuns); err != nil {
					return nil, err
				}
			}
			mine = mine[:min(len(mine), keyRuns)]
			found[prefix+keySeparator+logger] = &mine
		}
	}
	return found, nil
}

// flowRunsByPrefixes returns the newest runs whose key has one of the prefixes, and reports whether these are all.
func (c *Client) flowRunsByPrefixes(ctx context.Context, prefixes []string, logger string) ([]KeyedFlowRun, bool, error) {
	tenant, err := c.TenantID(ctx)
	if err != nil {
		return nil, false, err
	}
	either := make([]where, 0, len(prefixes))
	for _, prefix := range prefixes {
		either = append(either, where{"idempotency_key": beginsWith(prefix)})
	}
	out, err := graphql.FlowRunsByKey(ctx, wire{c}, tenant, where{"_or": either}, logger, pageSize)
	if err != nil {
		return nil, false, err
	}
	return convert(out.FlowRun, keyedFlowRunOf), out.Remaining.Aggregate != nil && len(out.FlowRun) >= out.Remaining.Aggregate.Count, nil
}

// beginsWith selects texts by their beginning, letter by letter.
func beginsWith(prefix string) where {
	return where{"_like": strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix) + "%"}
}

// keyFamily is the beginning of a run's idempotency key that its maker gives to all of them. The runs of a configuration
// are neighbours by it, while a tenant has far more runs than anybody's configuration.
func keyFamily(r *FlowRun) string {
	family, _, ok := strings.Cut(r.IdempotencyKey, "-")
	if !ok {
		return ""
	}
	return family + "-"
}

// flowRunsNear reads a page of the runs of some families; of none, there is nothing to read.
func flowRunsNear(ctx context.Context, c *Client, families []string, from string, limit int) (*nearPage[FlowRun], error) {
	either := []where{}
	for _, family := range families {
		if family != "" {
			either = append(either, where{"idempotency_key": beginsWith(family)})
		}
	}
	if len(either) == 0 {
		return &nearPage[FlowRun]{}, nil
	}
	return flowRunListing().near(ctx, c, where{"_or": either}, from, limit)
}
