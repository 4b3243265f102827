// Package states defines the hierarchy of run states of Prefect 1, as its client library does. A state is
// identified by its name. A name unknown to the library has no parent and counts as unfinished.
package states

import "slices"

// Names of states that code compares with.
const (
	Pending    = "Pending"
	Scheduled  = "Scheduled"
	Submitted  = "Submitted"
	Running    = "Running"
	Cancelling = "Cancelling"
	Retrying   = "Retrying"
	Paused     = "Paused"
	Resume     = "Resume"
	Queued     = "Queued"
	Finished   = "Finished"
	Success    = "Success"
	Mapped     = "Mapped"
	Failed     = "Failed"
	Cancelled  = "Cancelled"
)

// Base classes that no run is ever in.
const (
	Base = "State"
	Meta = "_MetaState"
)

// Type is a state and its parent.
type Type struct {
	Name string
	// Parent is empty for [Base].
	Parent string
}

// All returns every state of the client library, in its order: parents come before their children.
func All() []Type { return slices.Clone(types) }

var types = []Type{ //nolint:gochecknoglobals // a constant table
	{Base, ""},
	{Pending, Base},
	{Scheduled, Pending},
	{Paused, Scheduled},
	{Meta, Base},
	{"ClientFailed", Meta},
	{Submitted, Meta},
	{Queued, Meta},
	{Resume, Scheduled},
	{Retrying, Scheduled},
	{Running, Base},
	{Cancelling, Running},
	{Finished, Base},
	{"Looped", Finished},
	{Success, Finished},
	{"Cached", Success},
	{Mapped, Success},
	{Cancelled, Finished},
	{Failed, Finished},
	{"TimedOut", Failed},
	{"TriggerFailed", Failed},
	{"ValidationFailed", Failed},
	{"Skipped", Success},
}

// Lineage returns a state, its parent, the parent's parent and so on.
func Lineage(state string) []string {
	var line []string
	for state != "" {
		line = append(line, state)
		index := slices.IndexFunc(types, func(t Type) bool { return t.Name == state })
		if index < 0 {
			break
		}
		state = types[index].Parent
	}
	return line
}

// IsA reports whether a state is kind or a special case of it.
func IsA(state, kind string) bool { return slices.Contains(Lineage(state), kind) }

// IsFinished reports whether a run in this state has ended.
func IsFinished(state string) bool { return IsA(state, Finished) }

// Of returns kind and all its special cases.
func Of(kind string) []string {
	return names(func(state string) bool { return IsA(state, kind) })
}

// Names returns the states that a run can be in.
func Names() []string {
	return names(func(state string) bool { return state != Base && state != Meta })
}

// Unfinished returns the states that a run can have before it has finished.
func Unfinished() []string {
	return names(func(state string) bool { return state != Base && state != Meta && !IsFinished(state) })
}

func names(wanted func(string) bool) []string {
	var out []string
	for _, t := range types {
		if wanted(t.Name) {
			out = append(out, t.Name)
		}
	}
	return out
}
