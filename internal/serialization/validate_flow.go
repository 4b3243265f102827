package serialization

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// storageTypes and runConfigTypes are the classes of Prefect 1.4.1 that have a serialised form.
var (
	storageTypes = []string{
		"Azure", "Bitbucket", "CodeCommit", "Docker", "GCS", "Git", "GitHub", "GitLab", "Local",
		"Module", "S3", "Storage", "Webhook",
	}
	runConfigTypes = []string{"DockerRun", "ECSRun", kubernetesRunType, "LocalRun", "UniversalRun", "VertexRun"}
)

const rebuild = "Serialise the flow again with `prefect build`"

// Validate reports everything in the flow that a Server would reject, store without anybody being able to run
// it, or silently misunderstand. The result joins *Error values; Problems lists them.
func (f *Flow) Validate() error {
	f.checked.Do(func() { f.problems = f.validate() })
	return f.problems
}

func (f *Flow) validate() error {
	p := &problems{kind: ErrInvalidFlow}
	if f.Name() == "" {
		p.add("name", "a flow must have a name", "Give the flow a name")
	}
	f.validateMembers(p)
	if p.err() != nil {
		return p.err() // further checks would only repeat it
	}
	unstorable(p, "", f.data)
	slugs := f.validateTasks(p)
	f.validateEdges(p, slugs)
	f.validateReferenceTasks(p, slugs)
	f.validateParameters(p)
	f.validateTyped(p, "storage", storageTypes)
	f.validateRunConfig(p)
	f.validateSchedule(p)
	return p.err()
}

// list reads a list of objects; a missing list is empty, as on the Server.
func (f *Flow) list(p *problems, key string) []map[string]any {
	v, present := f.data[key]
	if !present {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		p.add(key, fmt.Sprintf("%s must be a list, not %s", key, kindOf(v)), rebuild)
		return nil
	}
	out := make([]map[string]any, 0, len(list))
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			p.add(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("an element of %s must be an object, not %s", key, kindOf(e)), rebuild)
		}
		out = append(out, m) // nil for an invalid element, to keep positions
	}
	return out
}

// validateTasks returns the path of each slug's task.
func (f *Flow) validateTasks(p *problems) map[string]string {
	slugs := map[string]string{}
	for i, task := range f.list(p, "tasks") {
		if task == nil {
			continue
		}
		path := fmt.Sprintf("tasks[%d]", i)
		slug := text(task["slug"])
		switch first, twice := slugs[slug]; {
		case slug == "":
			p.add(path+".slug", "a task must have a slug, a string", rebuild)
		case twice:
			p.add(path+".slug", fmt.Sprintf("the slug %q is already used by %s", slug, first),
				"Give the tasks distinct slugs; the Server would keep only the first of them")
		default:
			slugs[slug] = path
		}
		if v, present := task["max_retries"]; present && v != nil {
			if n, ok := integer(v); !ok || n < 0 || n > math.MaxInt32 {
				p.add(path+".max_retries", "max_retries must be a whole number, not negative", rebuild)
			}
		}
		if v, present := task["tags"]; present {
			if _, ok := v.([]any); !ok {
				p.add(path+".tags", fmt.Sprintf("tags must be a list of strings, not %s", kindOf(v)), rebuild)
			}
		}
	}
	return slugs
}

func (f *Flow) validateEdges(p *problems, slugs map[string]string) {
	downstream := map[string][]string{}
	for i, edge := range f.list(p, "edges") {
		if edge == nil {
			continue
		}
		var ends [2]string
		for n, end := range []string{"upstream_task", "downstream_task"} {
			slug := slugOf(edge[end])
			path := fmt.Sprintf("edges[%d].%s", i, end)
			if slug == "" {
				p.add(path, "an edge must name a task by its slug", rebuild)
			} else if _, known := slugs[slug]; !known {
				p.add(path, fmt.Sprintf("the edge refers to the task %q, which the flow does not have", slug),
					"Add the task or remove the edge")
			}
			ends[n] = slug
		}
		downstream[ends[0]] = append(downstream[ends[0]], ends[1])
	}
	if cycle := findCycle(downstream); cycle != nil {
		p.add("edges", "the edges form a cycle: "+strings.Join(cycle, " -> "), "Remove one of these edges; a flow must not have cycles")
	}
}

// slugOf reads a reference to a task, which is an object with a slug or the slug itself.
func slugOf(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["slug"]
	}
	return text(v)
}

// findCycle returns the slugs along a cycle, with the first one repeated at the end, or nil.
func findCycle(downstream map[string][]string) []string {
	const visiting, done = 1, 2
	mark := map[string]int{}
	for _, start := range sorted(keysOf(downstream)) {
		// Depth first without recursion: flows can be long chains.
		var path []string
		stack := [][]string{{start}}
		for len(stack) > 0 {
			top := len(stack) - 1
			if len(stack[top]) == 0 {
				stack = stack[:top]
				if len(path) > 0 {
					mark[path[len(path)-1]] = done
					path = path[:len(path)-1]
				}
				continue
			}
			slug := stack[top][0]
			stack[top] = stack[top][1:]
			switch mark[slug] {
			case visiting:
				return append(slices.Clone(path[slices.Index(path, slug):]), slug)
			case done:
				continue
			}
			mark[slug] = visiting
			path = append(path, slug)
			stack = append(stack, slices.Clone(downstream[slug]))
		}
	}
	return nil
}

func (f *Flow) validateReferenceTasks(p *problems, slugs map[string]string) {
	list, _ := f.data["reference_tasks"].([]any)
	for i, task := range list {
		if slug := slugOf(task); slugs[slug] == "" {
			p.add(fmt.Sprintf("reference_tasks[%d]", i), fmt.Sprintf("the reference task %q is not a task of the flow", slug), rebuild)
		}
	}
}

func (f *Flow) validateParameters(p *problems) {
	names := map[string]bool{}
	for i, parameter := range f.list(p, "parameters") {
		if parameter == nil {
			continue
		}
		path := fmt.Sprintf("parameters[%d]", i)
		name := text(parameter["name"])
		if name == "" {
			p.add(path+".name", "a parameter must have a name", rebuild)
		} else if names[name] {
			p.add(path+".name", fmt.Sprintf("there is another parameter named %q", name), "Give the parameters distinct names")
		}
		names[name] = true
		if text(parameter["slug"]) == "" {
			p.add(path+".slug", "a parameter must have a slug, a string", rebuild)
		}
	}
}

// validateTyped checks an optional object with a type member.
func (f *Flow) validateTyped(p *problems, key string, types []string) {
	switch v := f.data[key].(type) {
	case nil:
	case map[string]any:
		if !slices.Contains(types, text(v["type"])) {
			p.add(key+".type", fmt.Sprintf("%s is not a type of %s in Prefect 1", describe(v["type"]), key),
				"Use one of "+strings.Join(types, ", "))
		}
	default:
		p.add(key, fmt.Sprintf("%s must be an object, not %s", key, kindOf(v)), rebuild)
	}
}

func (f *Flow) validateRunConfig(p *problems) {
	f.validateTyped(p, "run_config", runConfigTypes)
	config, _ := f.data["run_config"].(map[string]any)
	if config["type"] == kubernetesRunType {
		k, err := ParseKubernetesRun(config)
		if err == nil {
			err = k.Validate()
		}
		p.adopt("run_config.", err)
	}
}

// unstorable reports text and numbers that JSON in PostgreSQL cannot hold.
func unstorable(p *problems, path string, v any) {
	const remedy = "Remove it; the Server's database cannot store it"
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, 0) {
			p.add(path, "the text contains a NUL character", remedy)
		}
		for i := range v {
			if _, lone := surrogate(v[i:]); lone {
				p.add(path, "the text contains half of a surrogate pair", remedy)
				break
			}
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			p.add(path, "the number is not finite", remedy)
		}
	case []any:
		for i, e := range v {
			unstorable(p, fmt.Sprintf("%s[%d]", path, i), e)
		}
	case map[string]any:
		for _, k := range sorted(keysOf(v)) {
			at := k
			if path != "" {
				at = path + "." + k
			}
			unstorable(p, at, k)
			unstorable(p, at, v[k])
		}
	}
}
