package serialization

import (
	"encoding/json"
	"fmt"
	"strings"
)

// documentVersion is the only version of build documents that Prefect 1 writes and reads.
const documentVersion = 1

// Document is what `prefect build` writes: the flows of a project, serialised.
type Document struct {
	Version int
	Flows   []*Flow
}

// ParseDocument reads a build document. It checks the envelope only; Flow.Validate checks a flow. Errors are
// *SyntaxError or *Error with ErrDocument or ErrDocumentVersion.
func ParseDocument(data []byte) (*Document, error) {
	text := decodeOnce(data)
	if text.err != nil {
		return nil, text.err
	}
	m, ok := text.value.(map[string]any)
	if !ok {
		return nil, notADocument("", "a build document must be a JSON object, not %s", kindOf(text.value))
	}
	return parseDocument(m)
}

func parseDocument(m map[string]any) (*Document, error) {
	if err := checkVersion(m); err != nil {
		return nil, err
	}
	list, ok := m["flows"].([]any)
	if !ok {
		return nil, notADocument("flows", "a build document must have a list of flows, not %s", kindOf(m["flows"]))
	}
	for k := range m {
		if k != "flows" && k != "version" {
			return nil, notADocument(k, "a build document has only the properties version and flows")
		}
	}
	doc := &Document{Version: documentVersion}
	for i, entry := range list {
		path := fmt.Sprintf("flows[%d]", i)
		flow, ok := entry.(map[string]any)
		if !ok {
			return nil, notADocument(path, "a flow must be a JSON object, not %s", kindOf(entry))
		}
		if _, ok := flow["name"].(string); !ok {
			return nil, notADocument(path+".name", "a flow must have a name, a string, not %s", kindOf(flow["name"]))
		}
		doc.Flows = append(doc.Flows, &Flow{data: flow})
	}
	return doc, nil
}

func checkVersion(m map[string]any) error {
	version, present := m["version"]
	if !present {
		return notADocument("version", "a build document must state its version")
	}
	n, ok := version.(json.Number)
	if f, err := n.Float64(); !ok || err != nil || f != documentVersion {
		return &Error{
			Kind: ErrDocumentVersion, Path: "version",
			Problem: fmt.Sprintf("the build document has version %s, but only version %d is supported", describe(version), documentVersion),
			Remedy:  "Build the flow with `prefect build` of a Prefect 1 release",
		}
	}
	return nil
}

func notADocument(path, format string, args ...any) error {
	return &Error{
		Kind: ErrDocument, Path: path, Problem: fmt.Sprintf(format, args...),
		Remedy: "Use a file written by `prefect build`, or one serialised flow",
	}
}

// Names lists the flows' names in the order of the document.
func (d *Document) Names() []string {
	names := make([]string, 0, len(d.Flows))
	for _, f := range d.Flows {
		names = append(names, f.Name())
	}
	return names
}

// Flow selects a flow by name; an empty name selects the only flow. Errors are *Error with ErrFlowNotFound or
// ErrAmbiguousFlow, and list the existing flows.
func (d *Document) Flow(name string) (*Flow, error) {
	var found []*Flow
	for _, f := range d.Flows {
		if name == "" || f.Name() == name {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(d.Flows) == 0:
		return nil, &Error{
			Kind: ErrFlowNotFound, Path: "flows", Problem: "the build document contains no flow",
			Remedy: "Build it again with a path to a script that defines a flow",
		}
	case len(found) == 0:
		return nil, &Error{
			Kind: ErrFlowNotFound, Path: "flows",
			Problem: fmt.Sprintf("the build document contains no flow named %q", name),
			Remedy:  "Use one of its names: " + quotedList(d.Names()),
		}
	case name == "":
		return nil, &Error{
			Kind: ErrAmbiguousFlow, Path: "flows",
			Problem: fmt.Sprintf("the build document contains %d flows, but no name was given", len(found)),
			Remedy:  "Set the name to one of: " + quotedList(d.Names()),
		}
	default:
		return nil, &Error{
			Kind: ErrAmbiguousFlow, Path: "flows",
			Problem: fmt.Sprintf("the build document contains %d flows named %q", len(found), name),
			Remedy:  "Give every flow a unique name and build again",
		}
	}
}

// ParseFlow reads one flow from a serialised flow or a build document. The name selects a flow in a document
// ("" if it contains exactly one) and, if not empty, must match the name of a single flow.
//
// A text is parsed only once: the Flow is shared.
func ParseFlow(data []byte, name string) (*Flow, error) {
	return decodeOnce(data).flow(name, pickFlow)
}

func pickFlow(v any, name string) (*Flow, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, notADocument("", "a flow must be a JSON object, not %s", kindOf(v))
	}
	if isDocument(m) {
		doc, err := parseDocument(m)
		if err != nil {
			return nil, err
		}
		return doc.Flow(name)
	}
	if _, ok := m["name"].(string); !ok {
		if what := resemblesObject(m); what != "" {
			return nil, &Error{Kind: ErrDocument, Problem: "this is neither a flow nor a build document; " + what}
		}
		return nil, notADocument("name", "a serialised flow must have a name, a string, not %s", kindOf(m["name"]))
	}
	flow := &Flow{data: m}
	if name != "" && flow.Name() != name {
		return nil, &Error{
			Kind: ErrFlowNotFound, Path: "name",
			Problem: fmt.Sprintf("the serialised flow is named %q, not %q", flow.Name(), name),
			Remedy:  "Use its name, or no name",
		}
	}
	return flow, nil
}

// isDocument distinguishes a build document from a flow: a flow has no list of flows.
func isDocument(m map[string]any) bool {
	if _, ok := m["flows"]; ok {
		return true
	}
	_, version := m["version"]
	_, name := m["name"]
	return version && !name
}

// kindOf names the JSON type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing (null)"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case json.Number, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return fmt.Sprintf("a %T", v)
	}
}

// describe formats a small value as JSON.
func describe(v any) string {
	text, err := Canonical(v)
	if err != nil {
		return kindOf(v)
	}
	const limit = 60
	if len(text) > limit {
		return string(text[:limit]) + "..."
	}
	return string(text)
}

func quotedList(names []string) string {
	quoted := make([]string, 0, len(names))
	for _, n := range names {
		quoted = append(quoted, fmt.Sprintf("%q", n))
	}
	return strings.Join(quoted, ", ")
}
