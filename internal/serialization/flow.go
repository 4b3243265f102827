package serialization

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Flow is one serialised flow. It is immutable: With methods return another Flow, and the results of
// accessors are copies that the caller may modify.
type Flow struct {
	data map[string]any

	// Cached results.
	checked  sync.Once
	problems error
	keyed    sync.Once
	key      string
	keyErr   error
}

// NewFlow wraps a decoded flow, such as flow.serialized_flow read from a Server. It copies the map.
func NewFlow(data map[string]any) *Flow {
	return &Flow{data: CopyObject(data)}
}

// Parameter is a flow parameter. Default is nil both without a default and for a null default; Required
// distinguishes them.
type Parameter struct {
	Name, Slug string
	Required   bool
	Default    any
}

// Name is the flow's name.
func (f *Flow) Name() string { return text(f.data["name"]) }

// CoreVersion is the Prefect version that serialised the flow, such as "1.4.1"; empty when not recorded.
func (f *Flow) CoreVersion() string { return text(f.data["__version__"]) }

// TaskCount is the number of tasks, including parameters.
func (f *Flow) TaskCount() int {
	tasks, _ := f.data["tasks"].([]any)
	return len(tasks)
}

// EdgeCount is the number of edges between the tasks.
func (f *Flow) EdgeCount() int {
	edges, _ := f.data["edges"].([]any)
	return len(edges)
}

// Parameters lists the parameters in the order of the document.
func (f *Flow) Parameters() []Parameter {
	parameters := f.objects("parameters")
	out := make([]Parameter, 0, len(parameters))
	for _, p := range parameters {
		required, _ := p["required"].(bool)
		out = append(out, Parameter{Name: text(p["name"]), Slug: text(p["slug"]), Required: required, Default: copyValue(p["default"])})
	}
	return out
}

// Tasks lists the serialised tasks.
func (f *Flow) Tasks() []map[string]any { return copyObjects(f.objects("tasks")) }

// Edges lists the serialised edges.
func (f *Flow) Edges() []map[string]any { return copyObjects(f.objects("edges")) }

// RunConfig is the serialised run configuration, or nil.
func (f *Flow) RunConfig() map[string]any { return f.object("run_config") }

// Storage is the serialised storage, or nil.
func (f *Flow) Storage() map[string]any { return f.object("storage") }

// Schedule is the serialised schedule, or nil when the flow has none.
func (f *Flow) Schedule() map[string]any { return f.object("schedule") }

// Labels returns the labels of the run configuration, as in the document.
func (f *Flow) Labels() []string {
	config, _ := f.data["run_config"].(map[string]any)
	return stringsOf(config["labels"])
}

// Map is a copy of the whole serialised flow.
func (f *Flow) Map() map[string]any { return CopyObject(f.data) }

// MarshalJSON writes the flow in its canonical form.
func (f *Flow) MarshalJSON() ([]byte, error) { return Canonical(f.data) }

// WithLabels merges labels into the run configuration as `prefect register --label` does: the union with the
// existing labels, sorted and without duplicates. It normalises even without labels to add. A flow without a
// run configuration gets, if there are labels, the UniversalRun that `prefect build` would have given it.
func (f *Flow) WithLabels(labels []string) *Flow {
	config, ok := f.data["run_config"].(map[string]any)
	if !ok && len(labels) == 0 {
		return f
	}
	if !ok {
		config = map[string]any{"type": "UniversalRun", "env": nil}
		if version, ok := f.data["__version__"]; ok {
			config["__version__"] = version
		}
	}
	merged := append(stringsOf(config["labels"]), labels...)
	slices.Sort(merged)
	merged = slices.Compact(merged)
	list := make([]any, 0, len(merged))
	for _, l := range merged {
		list = append(list, l)
	}
	config = shallow(config)
	config["labels"] = list
	return f.with("run_config", config)
}

// WithRunConfig replaces the run configuration; nil removes it.
func (f *Flow) WithRunConfig(config map[string]any) *Flow {
	if config == nil {
		return f.with("run_config", nil)
	}
	return f.with("run_config", CopyObject(config))
}

func (f *Flow) with(key string, value any) *Flow {
	data := shallow(f.data)
	data[key] = value
	return &Flow{data: data}
}

// Compressed returns the flow in the form for create_flow_from_compressed_string: base64 of gzip of its
// canonical JSON. The result is deterministic.
func (f *Flow) Compressed() (string, error) {
	text, err := Canonical(f.data)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return "", fmt.Errorf("compress flow %q: %w", f.Name(), err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("compress flow %q: %w", f.Name(), err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// Size is the space that a flow takes in a request body, in bytes.
type Size struct {
	JSON       int // as a JSON value, uncompressed
	Compressed int // as the string that Compressed returns
}

// Size measures the flow, to decide if it fits in one request.
func (f *Flow) Size() (Size, error) {
	text, err := Canonical(f.data)
	if err != nil {
		return Size{}, err
	}
	packed, err := f.Compressed()
	if err != nil {
		return Size{}, err
	}
	return Size{JSON: len(text), Compressed: len(packed)}, nil
}

// WithoutGraph returns the flow without tasks and edges, to register a large flow first and add tasks and
// edges in batches. Reference tasks stay.
func (f *Flow) WithoutGraph() *Flow {
	return f.with("tasks", []any{}).with("edges", []any{})
}

func (f *Flow) object(key string) map[string]any {
	m, ok := f.data[key].(map[string]any)
	if !ok {
		return nil
	}
	return CopyObject(m)
}

// objects returns the objects in a list, without copying.
func (f *Flow) objects(key string) []map[string]any {
	list, _ := f.data[key].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// stringsOf reads a list of strings, decoded or Go's own; it ignores other elements.
func stringsOf(v any) []string {
	switch list := v.(type) {
	case []string:
		return slices.Clone(list)
	case []any:
		var out []string
		for _, e := range list {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func shallow(m map[string]any) map[string]any {
	out := make(map[string]any, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

func copyObjects(list []map[string]any) []map[string]any {
	out := make([]map[string]any, 0, len(list))
	for _, m := range list {
		out = append(out, CopyObject(m))
	}
	return out
}

// CopyObject makes a deep copy of a decoded JSON object.
func CopyObject(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = copyValue(v)
	}
	return out
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return CopyObject(v)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			out = append(out, copyValue(e))
		}
		return out
	}
	return v
}

// integer reads a whole number.
func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(string(n), 10, 64)
	return i, err == nil
}
