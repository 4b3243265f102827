package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/schema"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// resolveFunction answers a function's root fields: the list and _aggregate.
func (e *Engine) resolveFunction(function *schema.Function, f selected, variables map[string]any) (any, error) {
	arguments := e.arguments(f.fields[0], variables)
	given, _ := arguments.Get("args")
	compute, err := traversal(function.Name, given)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(f.name(), "_aggregate") {
		of, err := e.compileAggregate(function.Table, f, variables)
		if err != nil {
			return nil, err
		}
		return e.read(func(tx *store.Tx) any { return of(tx, compute(tx)) })
	}
	object, err := e.compileObject(function.Table, f.children(), variables)
	if err != nil {
		return nil, err
	}
	l, err := e.compileList(function.Table, arguments)
	if err != nil {
		return nil, err
	}
	return e.read(func(tx *store.Tx) any { return each(tx, l.apply(tx, compute(tx)), object) })
}

// deepest is how far a traversal goes at most, and unless told otherwise.
const deepest = 50

// visit is a task on a way through a flow.
type visit struct{ tenant, task any }

// traversal compiles a walk from tasks along the edges of their flows. Each task is
// returned once, with the length of the longest way to it, the nearest first.
func traversal(function string, given any) (func(*store.Tx) []store.Row, error) {
	arguments, _ := given.(Fields)
	limit := int64(deepest)
	if v, present := arguments.Get("depth_limit"); present {
		limit, _ = v.(int64) // null goes nowhere
	}
	ids, _ := arguments.Get("start_task_ids")
	start, err := uuidArray(ids)
	if err != nil {
		return nil, err
	}
	near, far := "upstream_task_id", "downstream_task_id"
	if function == schema.UpstreamTasks {
		near, far = far, near
	}
	return func(tx *store.Tx) []store.Row {
		depths := map[visit]int64{}
		level := map[visit]bool{}
		for _, id := range start {
			if task, found := tx.Get("task", id); found {
				level[visit{task["tenant_id"], task["id"]}] = true
			}
		}
		for depth := int64(0); len(level) > 0; depth++ {
			next := map[visit]bool{}
			for here := range level {
				depths[here] = depth
				if depth >= min(limit, deepest) {
					continue
				}
				for _, edge := range tx.By("edge", near, here.task) {
					next[visit{edge["tenant_id"], edge[far]}] = true
				}
			}
			level = next
		}
		return traversed(depths)
	}, nil
}

func traversed(depths map[visit]int64) []store.Row {
	rows := make([]store.Row, 0, len(depths))
	for at, depth := range depths {
		rows = append(rows, store.Row{"tenant_id": at.tenant, "task_id": at.task, "depth": depth})
	}
	slices.SortFunc(rows, func(x, y store.Row) int {
		return cmp.Or(compareValues(x["depth"], y["depth"]), compareValues(x["task_id"], y["task_id"]),
			cmp.Compare(fmt.Sprint(x["tenant_id"]), fmt.Sprint(y["tenant_id"])))
	})
	return rows
}

// uuidArray reads PostgreSQL's text form of an array of UUIDs, {a,b}.
func uuidArray(v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	text := strings.TrimSpace(fmt.Sprint(v))
	inner, opened := strings.CutPrefix(text, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	if _, isText := v.(string); !isText || !opened || !closed {
		return nil, &store.DataError{Message: fmt.Sprintf("malformed array literal: %q", text)}
	}
	var ids []string
	for part := range strings.SplitSeq(inner, ",") {
		part = strings.Trim(strings.TrimSpace(part), `"`)
		if part == "" && strings.TrimSpace(inner) == "" {
			break
		}
		id, err := uuid.Parse(part)
		if err != nil {
			return nil, &store.DataError{Message: fmt.Sprintf("invalid input syntax for type uuid: %q", part)}
		}
		ids = append(ids, id.String())
	}
	return ids, nil
}
