package flowrun

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// inputs identifies a run: two configurations with equal inputs want the same run. Settings that only concern
// waiting and destroying are not inputs.
type inputs struct {
	FlowID, VersionGroupID string
	Name                   string
	Parameters, Context    string // JSON, or "" if left out
	Labels                 []string
	RunConfig              map[string]any // serialised, or nil if left out
	ScheduledStartTime     string
	Triggers               map[string]*string // null is also a value

	// The rest says how the configuration gives them, for messages. With a name, VersionGroupID is what was found by it.
	FlowName, ProjectName string
	WriteOnly             bool // the parameters are those of parameters_wo
}

// parametersWriteOnly is the argument for parameters that are in no plan.
const parametersWriteOnly = "parameters_wo"

// parametersArgument is the argument that gives the parameters.
func (in inputs) parametersArgument() string {
	if in.WriteOnly {
		return parametersWriteOnly
	}
	return "parameters"
}

// digest returns a value that is equal for equivalent inputs.
func (in inputs) digest() (string, error) {
	parameters, err := decodeJSON(in.Parameters)
	if err != nil {
		return "", fmt.Errorf("parameters: %w", err)
	}
	runContext, err := decodeJSON(in.Context)
	if err != nil {
		return "", fmt.Errorf("context: %w", err)
	}
	document := map[string]any{
		"flow_id": in.FlowID, "version_group_id": in.VersionGroupID, "name": in.Name,
		"parameters": parameters, "context": runContext,
		"labels": nil, "run_config": nil,
		"scheduled_start_time": in.ScheduledStartTime,
		"triggers":             nil,
	}
	if in.Labels != nil {
		labels := make([]any, 0, len(in.Labels))
		for _, label := range slices.Compact(slices.Sorted(slices.Values(in.Labels))) {
			labels = append(labels, label)
		}
		document["labels"] = labels
	}
	if in.RunConfig != nil {
		document["run_config"] = in.RunConfig
	}
	if in.Triggers != nil {
		triggers := make(map[string]any, len(in.Triggers))
		for name, value := range in.Triggers {
			triggers[name] = nil
			if value != nil {
				triggers[name] = *value
			}
		}
		document["triggers"] = triggers
	}
	canonical, err := serialization.Canonical(document)
	if err != nil {
		return "", fmt.Errorf("inputs: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:16]), nil
}

func decodeJSON(text string) (any, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // JSON null is nil
	}
	value, err := serialization.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	return value, nil
}

const keyStart = "terraform-"

// keyPrefix returns the common prefix of the keys of all runs with these inputs.
func keyPrefix(digest string) string { return keyStart + digest + "-" }

// newKey returns a key for a new run.
func newKey(digest string) string { return keyPrefix(digest) + uuid.NewString()[:8] }

// digestOf returns the digest in a key made by newKey, or "" for another key.
func digestOf(key string) string {
	rest, ok := strings.CutPrefix(key, keyStart)
	if !ok {
		return ""
	}
	digest, _, ok := strings.Cut(rest, "-")
	if !ok {
		return ""
	}
	return digest
}

// triggered returns the triggers whose value changed, sorted. A key that is not in both maps did not change:
// adding or removing one has no effect.
func triggered(before, after map[string]string) []string {
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if old, ok := before[name]; ok && old != after[name] {
			changed = append(changed, name)
		}
	}
	return changed
}

// sameJSON reports whether two texts mean the same JSON to the Server. A text that is not JSON equals only
// itself.
func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	left, errLeft := decodeJSON(a)
	right, errRight := decodeJSON(b)
	return errLeft == nil && errRight == nil && serialization.SameServed(left, right)
}

func canonicalJSON(text string) (string, error) {
	value, err := decodeJSON(text)
	if err != nil {
		return "", err
	}
	out, err := serialization.Canonical(value)
	if err != nil {
		return "", fmt.Errorf("encode JSON: %w", err)
	}
	return string(out), nil
}

// within reports whether the object large has every member of the object small with the same value. It
// compares the user's value with the Server's, which has defaults added.
func within(small, large string) bool {
	var s, l map[string]json.RawMessage
	if json.Unmarshal([]byte(small), &s) != nil || json.Unmarshal([]byte(large), &l) != nil {
		return false
	}
	for name, value := range s {
		other, ok := l[name]
		if !ok || !sameJSON(string(value), string(other)) {
			return false
		}
	}
	return true
}
