package executor

import (
	"slices"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// order sorts tasks so that every one comes after those that it depends on, and
// by slug where that leaves a choice. Tasks in a cycle, which no real flow has,
// come last.
func order(tasks []task, edges []edge) []*task {
	waitsFor := map[string]int{}
	downstream := map[string][]string{}
	byID := map[string]*task{}
	for i := range tasks {
		byID[tasks[i].ID] = &tasks[i]
	}
	for _, e := range edges {
		waitsFor[e.Downstream]++
		downstream[e.Upstream] = append(downstream[e.Upstream], e.Downstream)
	}
	bySlug := func(a, b *task) int {
		switch {
		case a.Slug < b.Slug:
			return -1
		case a.Slug > b.Slug:
			return 1
		default:
			return 0
		}
	}
	var ready, sorted []*task
	for i := range tasks {
		if waitsFor[tasks[i].ID] == 0 {
			ready = append(ready, &tasks[i])
		}
	}
	for len(ready) > 0 {
		slices.SortFunc(ready, bySlug)
		next := ready[0]
		ready = ready[1:]
		sorted = append(sorted, next)
		for _, id := range downstream[next.ID] {
			waitsFor[id]--
			if t := byID[id]; t != nil && waitsFor[id] == 0 {
				ready = append(ready, t)
			}
		}
	}
	for i := range tasks {
		if waitsFor[tasks[i].ID] > 0 {
			sorted = append(sorted, &tasks[i])
		}
	}
	return sorted
}

// reference returns the tasks that decide about the run: those the flow names, or the terminal ones.
func reference(tasks []task, edges []edge) []*task {
	var named []*task
	for i := range tasks {
		if tasks[i].Reference {
			named = append(named, &tasks[i])
		}
	}
	if len(named) > 0 {
		return named
	}
	return terminal(tasks, edges)
}

// terminal returns the tasks that nothing depends on.
func terminal(tasks []task, edges []edge) []*task {
	upstream := map[string]bool{}
	for _, e := range edges {
		upstream[e.Upstream] = true
	}
	var last []*task
	for i := range tasks {
		if !upstream[tasks[i].ID] {
			last = append(last, &tasks[i])
		}
	}
	return last
}

// finished reports whether nothing more happens in a state. ClientFailed is one: this process has given up.
func finished(name string) bool { return states.IsFinished(name) || failed(name) }

func successful(name string) bool { return states.IsA(name, states.Success) }

func failed(name string) bool {
	return states.IsA(name, states.Failed) || name == states.Cancelled || name == "ClientFailed"
}

// trigger reports whether a task with this trigger runs after upstream tasks that
// ended in these states, and why not.
func trigger(name string, upstream []string) (bool, string) {
	var succeeded, failures, skipped int
	for _, s := range upstream {
		switch {
		case s == "Skipped":
			skipped++
			succeeded++
		case successful(s):
			succeeded++
		default:
			failures++
		}
	}
	if len(upstream) == 0 {
		return true, ""
	}
	switch name {
	case "prefect.triggers.all_finished", "prefect.triggers.always_run":
		return true, ""
	case "prefect.triggers.all_failed":
		return succeeded == 0, `Trigger was "all_failed" but some of the upstream tasks succeeded.`
	case "prefect.triggers.any_failed":
		return failures > 0, `Trigger was "any_failed" but none of the upstream tasks failed.`
	case "prefect.triggers.any_successful":
		return succeeded > 0, `Trigger was "any_successful" but none of the upstream tasks succeeded.`
	case "prefect.triggers.not_all_skipped":
		return failures == 0 && skipped < len(upstream), `Trigger was "not_all_skipped" but some of the upstream tasks failed, or all were skipped.`
	default:
		return failures == 0, `Trigger was "all_successful" but some of the upstream tasks failed.`
	}
}
