package serialization

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// resemblesObject describes what an object that is not a flow seems to be, as a clause with advice; "" if
// unknown.
func resemblesObject(m map[string]any) string {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { _, found := m[name]; return !found })
	}
	kind := text(m["type"])
	switch {
	case has("apiVersion", "kind"):
		return fmt.Sprintf("it looks like a Kubernetes manifest (a %s); a job template belongs in `run_config`, and a flow comes from "+buildCommand, text(m["kind"]))
	case slices.Contains(runConfigTypes, kind):
		return "it looks like a run configuration; use the whole flow that " + buildCommand + " writes"
	case slices.Contains(storageTypes, kind):
		return "it looks like the storage of a flow; use the whole flow that " + buildCommand + " writes"
	case has("clocks"):
		return "it looks like a schedule; use the whole flow that " + buildCommand + " writes"
	case has("slug") && strings.HasPrefix(kind, "prefect."):
		return "it looks like one task of a flow; use the whole flow that " + buildCommand + " writes"
	case has("nbformat"):
		return "it looks like a Jupyter notebook; put the flow into a Python file and serialise it with " + buildCommand
	case has("terraform_version"):
		return "it looks like a Terraform state or plan; use a flow that " + buildCommand + " writes"
	case has("data") && len(m) <= 2, has("serialized_flow"):
		return "it looks like an answer of the Prefect API; use only its `serialized_flow`"
	case has("entrypoint"), has("deployments"):
		return "it looks like a deployment of Prefect 2 or later, which this Server does not know; build the flow with " + buildCommand + " of Prefect 1"
	case has("dependencies"), has("devDependencies"), has("scripts"), has("name", "version", "main"), has("name", "version", "license"):
		return "it looks like a package.json of Node.js; use a flow that " + buildCommand + " writes"
	}
	return ""
}

// buildCommand creates the expected file.
const buildCommand = "`prefect build -p flow.py -o flow.json`"

var (
	pythonLine = regexp.MustCompile(`(?m)^\s*(import \w|from [\w.]+ import|def \w+\(|class \w+|@\w+|with Flow\(|#!.*python)`)
	yamlLine   = regexp.MustCompile(`(?m)^(---|apiVersion:|kind:|- [\w"']|[\w.-]+:(\s|$))`)
)

// Resembles describes what a text that is not JSON seems to be, as a clause with advice; "" if unknown.
func Resembles(data string) string {
	trimmed := strings.TrimSpace(data)
	start := trimmed[:min(len(trimmed), 4096)]
	switch {
	case trimmed == "":
		return "the text is empty"
	case !strings.ContainsAny(trimmed, "\n\r{[\"") && len(trimmed) < 4096 && looksLikePath(trimmed):
		return fmt.Sprintf("it looks like the path of a file; use file(%q) to read it", trimmed)
	case strings.HasPrefix(trimmed, "<"):
		return "it looks like HTML or XML, such as a sign-in or error page"
	case strings.HasPrefix(trimmed, "H4sI"), strings.HasPrefix(data, "\x1f\x8b"):
		return "it looks like compressed data; decompress it first"
	case strings.HasPrefix(trimmed, "gAS"), strings.HasPrefix(data, "\x80"):
		return "it looks like a pickled Python object; serialise the flow with " + buildCommand
	case pythonLine.MatchString(start):
		return "it looks like Python source; serialise the flow with " + buildCommand + " and use the JSON file"
	case yamlLine.MatchString(start):
		return "it looks like YAML; use jsonencode(yamldecode(...)) to convert it to JSON"
	}
	return ""
}

func looksLikePath(text string) bool {
	known := slices.Contains([]string{".json", ".py", ".yaml", ".yml", ".txt", ".pkl", ".tf"}, strings.ToLower(filepath.Ext(text)))
	return known || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")
}

// flowMembers are the members that Prefect 1's serialiser always writes into a flow, with their types.
var flowMembers = []struct {
	name, need string
	is         func(any) bool
}{
	{"__version__", "a string", isText},
	{"type", "a string", isText},
	{"tasks", "a list", isList},
	{"edges", "a list", isList},
	{"parameters", "a list", isList},
	{"reference_tasks", "a list", isList},
	{"storage", "an object", isObject},
	{"run_config", "an object, or null", orNull(isObject)},
	{"schedule", "an object, or null", orNull(isObject)},
}

func isText(v any) bool   { s, ok := v.(string); return ok && s != "" }
func isList(v any) bool   { _, ok := v.([]any); return ok }
func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func orNull(is func(any) bool) func(any) bool { return func(v any) bool { return v == nil || is(v) } }

// validateMembers requires what every serialised flow has. Otherwise, anything with a name would be
// registered, as a version without tasks that archives the good one.
func (f *Flow) validateMembers(p *problems) {
	remedy := "Serialise the flow with " + buildCommand
	var missing []string
	for _, member := range flowMembers {
		value, found := f.data[member.name]
		if !found {
			missing = append(missing, "`"+member.name+"`")
		} else if !member.is(value) {
			p.add(member.name, fmt.Sprintf("%s must be %s, not %s", member.name, member.need, kindOf(value)), remedy)
		}
	}
	if len(missing) == 0 {
		return
	}
	problem := fmt.Sprintf("this is not a flow as Prefect 1 serialises it: %s is missing", missing[0])
	if len(missing) > 1 {
		problem = fmt.Sprintf("this is not a flow as Prefect 1 serialises it: %s are missing", strings.Join(missing, ", "))
	}
	if what := resemblesObject(f.data); what != "" {
		problem += "; " + what
		remedy = ""
	}
	p.add("", problem, remedy)
}
