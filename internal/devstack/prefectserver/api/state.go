package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/states"
)

// stateColors are the colours in which a user interface shows the states.
var stateColors = map[string]string{
	"State": "#696969", "Pending": "#7ebdff", "Scheduled": "#ffab00", "Paused": "#99a8e8", "_MetaState": "#696969",
	"ClientFailed": "#eb0000", "Submitted": "#ffdf5d", "Queued": "#ffea7f", "Resume": "#f58c0c", "Retrying": "#f66a0a",
	"Running": "#3d67ff", "Cancelling": "#E8E8E8", "Finished": "#003ccb", "Looped": "#003ccb", "Success": "#28a745",
	"Cached": "#34d058", "Mapped": "#003ccb", "Cancelled": "#bdbdbd", "Failed": "#eb0000", "TimedOut": "#ff4e33",
	"TriggerFailed": "#ff5131", "ValidationFailed": "#ff5131", "Skipped": "#62757f",
}

// isScheduled reports whether a run in the state waits for a start time.
func isScheduled(state string) bool { return states.IsA(state, "Scheduled") || state == "Queued" }

// State is a state as the Server understands it: the known fields of the serialised form,
// with defaults filled.
type State struct {
	// Type is the name of the state, such as Running.
	Type string
	// Message is nil for none.
	Message *string
	// Start is when a scheduled run may start; nil in states that have none.
	Start *time.Time

	context      map[string]any
	cachedInputs map[string]any
	result       map[string]any
	own          map[string]any // the fields that only this type has, serialised
}

func newState(kind, message string) *State {
	s := &State{Type: kind, Message: &message, result: noResult(), own: map[string]any{}}
	if states.IsA(kind, "_MetaState") {
		s.own["state"] = nil
	}
	return s
}

// Scheduled is a state that waits until start.
func Scheduled(message string, start time.Time) *State {
	s := newState("Scheduled", message)
	s.Start = &start
	return s
}

// Failed is a final state.
func Failed(message string) *State { return newState("Failed", message) }

// Retrying is the state of a task run that waits for its next attempt.
func Retrying(message string, start time.Time, attempt int64) *State {
	s := newState("Retrying", message)
	s.Start = &start
	s.own["run_count"] = number(attempt)
	return s
}

func noResult() map[string]any { return map[string]any{"type": "NoResultType"} }

func (s *State) isRunning() bool { return states.IsA(s.Type, "Running") }

// messageOrNil is the message as a column value.
func (s *State) messageOrNil() any {
	if s.Message == nil {
		return nil
	}
	return *s.Message
}

// startOrNil is the start time as a column value.
func (s *State) startOrNil() any {
	if s.Start == nil {
		return nil
	}
	return s.Start.UTC()
}

// serialize returns the form that clients read back. Fields that the type does not have are left out; those that it
// has are always there.
func (s *State) serialize() map[string]any {
	serialized := map[string]any{
		"type": s.Type, "__version__": ReleaseCoreVersion, "message": s.messageOrNil(),
		"context": orEmpty(s.context), "cached_inputs": orEmpty(s.cachedInputs),
	}
	if s.Type != "Mapped" {
		serialized["_result"] = with(s.result, "__version__", ReleaseCoreVersion)
	}
	if isScheduled(s.Type) {
		serialized["start_time"] = nil
		if s.Start != nil {
			serialized["start_time"] = writeTime(*s.Start)
		}
	}
	for key, value := range s.own {
		serialized[key] = value
	}
	return serialized
}

func orEmpty(value map[string]any) map[string]any {
	if value == nil {
		return map[string]any{}
	}
	return value
}

// invalidState words an error as the client library's schemas do.
func invalidState(field, problem string) error {
	return fail(fmt.Sprintf("{'%s': [%s]}", field, reprString(problem)))
}

// parseState reads a serialised state as the client library's schemas do: unknown fields
// are dropped, missing ones filled with defaults at the time given.
func parseState(raw any, now time.Time) (*State, error) {
	fields, ok := raw.(map[string]any)
	if !ok {
		return nil, fail("{'_schema': 'Invalid data type: " + strings.Trim(repr(raw), "'") + "'}")
	}
	name, problem := stateType(fields["type"])
	if problem != "" {
		return nil, invalidState("type", problem)
	}
	s := &State{Type: name, own: map[string]any{}}
	var invalid []string
	for _, read := range []func(*State, map[string]any, time.Time) error{
		readMessage, readContext, readResults, readInputs, readStart, readCounts, readCached, readInner,
	} {
		err := read(s, fields, now)
		if err == nil {
			continue
		}
		if !strings.HasPrefix(err.Error(), "{") {
			return nil, err // the library fell over it
		}
		invalid = append(invalid, strings.TrimSuffix(strings.TrimPrefix(err.Error(), "{"), "}"))
	}
	if len(invalid) > 0 {
		return nil, fail("{" + strings.Join(invalid, ", ") + "}")
	}
	return s, nil
}

// stateType reads the name of a state, or says what is wrong with it.
func stateType(raw any) (string, string) {
	switch typed := raw.(type) {
	case nil:
		return "", "Missing data for required field."
	case []any, map[string]any:
		return "", "Invalid value: " + repr(raw)
	case string:
		if typed != "State" && typed != "_MetaState" && states.IsA(typed, "State") {
			return typed, ""
		}
		return "", "Unsupported value: " + typed
	}
	return "", "Unsupported value: " + repr(raw)
}

func readMessage(s *State, fields map[string]any, _ time.Time) error {
	message := fields["message"]
	if message == nil {
		return nil
	}
	value, ok := message.(string)
	if !ok {
		return invalidState("message", "Not a valid string.")
	}
	s.Message = &value
	return nil
}

func readContext(s *State, fields map[string]any, _ time.Time) error {
	value := fields["context"]
	if s.context = object(value); value != nil && s.context == nil {
		return invalidState("context", "Not a valid mapping type.")
	}
	return nil
}

func readResults(s *State, fields map[string]any, _ time.Time) error {
	s.result = noResult()
	value, present := fields["_result"]
	if !present || s.Type == "Mapped" {
		return nil
	}
	if value == nil {
		return invalidState("_result", "Field may not be null.")
	}
	if s.result = parseResult(value); s.result == nil {
		return noAttribute(value, "get")
	}
	if _, ok := s.result["location"].(string); !ok && s.result["location"] != nil {
		return fail("{'_result': {'location': ['Not a valid string.']}}")
	}
	return nil
}

func readInputs(s *State, fields map[string]any, _ time.Time) error {
	inputs := fields["cached_inputs"]
	if inputs != nil && object(inputs) == nil {
		return invalidState("cached_inputs", "Not a valid mapping type.")
	}
	for name, value := range object(inputs) {
		result := parseResult(value)
		if result == nil {
			return invalidState("cached_inputs", "Field may not be null.")
		}
		s.cachedInputs = with(s.cachedInputs, name, with(result, "__version__", ReleaseCoreVersion))
	}
	return nil
}

// resultFields says what each type of result serialises beside its location.
var resultFields = map[string][]string{
	"Result": nil, "ConstantResult": nil, "PrefectResult": nil, "SecretResult": nil,
	"LocalResult": {"dir"}, "S3Result": {"bucket"}, "GCSResult": {"bucket"}, "AzureResult": {"container"},
}

// parseResult keeps where a result is, never its value. Results of a type that the
// library does not ship become plain ones. It returns nil for what is not a result.
func parseResult(raw any) map[string]any {
	fields := object(raw)
	if fields == nil {
		return nil
	}
	name := text(fields, "type")
	if name == "NoResultType" {
		return noResult()
	}
	own, known := resultFields[name]
	if !known {
		name = "Result"
	}
	result := map[string]any{"type": name, "location": fields["location"]}
	for _, field := range own {
		if value, present := fields[field]; present {
			result[field] = value
		}
	}
	if name == "SecretResult" {
		result["secret_type"] = "SecretBase" // the secret itself is not known here
	}
	return result
}

// readStart fills the start: a scheduled state without one may start now, a paused one
// waits for a person.
func readStart(s *State, fields map[string]any, now time.Time) error {
	if !isScheduled(s.Type) {
		return nil
	}
	value := fields["start_time"]
	if value == nil {
		if s.Type != "Paused" {
			s.Start = &now
		}
		return nil
	}
	written, ok := value.(string)
	start, valid := parseTime(written)
	if !ok || !valid {
		return invalidState("start_time", "Not a valid datetime.")
	}
	if start.Location() == naive && s.Type != "Queued" {
		start = start.UTC()
	}
	s.Start = &start
	return nil
}

// readCounts reads the counters that some types have, with the library's defaults.
func readCounts(s *State, fields map[string]any, _ time.Time) error {
	counter := map[string]struct {
		field   string
		initial int64
	}{"Retrying": {"run_count", 1}, "Looped": {"loop_count", 1}, "Mapped": {"n_map_states", 0}}
	c, found := counter[s.Type]
	if !found {
		return nil
	}
	s.own[c.field] = number(c.initial)
	value, present := fields[c.field]
	switch {
	case !present, value == nil && c.field == "run_count":
		return nil
	case value == nil:
		return invalidState(c.field, "Field may not be null.")
	}
	count, ok := countOf(value)
	if !ok {
		return invalidState(c.field, "Not a valid integer.")
	}
	s.own[c.field] = number(count)
	return nil
}

// countOf reads a number that may be written as a text, too.
func countOf(value any) (int64, bool) {
	switch typed := value.(type) {
	case string:
		count, err := strconv.ParseInt(strings.TrimSpace(typed), 10, 64)
		return count, err == nil
	case json.Number:
		count, err := typed.Float64()
		return int64(count), err == nil
	case bool:
		return int64(b2i(typed)), true
	}
	return integer(value)
}

func readCached(s *State, fields map[string]any, _ time.Time) error {
	if s.Type != "Cached" {
		return nil
	}
	for _, field := range []string{"cached_parameters", "cached_result_expiration", "hashed_inputs"} {
		s.own[field] = fields[field]
	}
	if value := fields["hashed_inputs"]; value != nil && object(value) == nil {
		return invalidState("hashed_inputs", "Not a valid mapping type.")
	}
	if value := fields["cached_result_expiration"]; value != nil {
		written, _ := value.(string)
		if _, valid := parseTime(written); !valid {
			return invalidState("cached_result_expiration", "Not a valid datetime.")
		}
	}
	return nil
}

// readInner reads the state inside a state about a state.
func readInner(s *State, fields map[string]any, now time.Time) error {
	if !states.IsA(s.Type, "_MetaState") {
		return nil
	}
	s.own["state"] = nil
	if fields["state"] == nil {
		return nil
	}
	inner, err := parseState(fields["state"], now)
	if err != nil {
		return fail("{'state': " + err.Error() + "}")
	}
	s.own["state"] = inner.serialize()
	return nil
}

// stateHierarchy maps every state to itself and all that inherit from it.
func stateHierarchy() map[string]any {
	hierarchy := map[string]any{}
	for _, parent := range states.All() {
		var members []any
		for _, child := range states.Of(parent.Name) {
			members = append(members, child)
		}
		hierarchy[parent.Name] = members
	}
	return hierarchy
}

// stateInfo maps every state to what a user interface shows of it.
func stateInfo() map[string]any {
	info := map[string]any{}
	for _, state := range states.All() {
		info[state.Name] = map[string]any{"color": stateColors[state.Name]}
	}
	return info
}
