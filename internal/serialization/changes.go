package serialization

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// mostItems is how many changes of one kind are listed.
	mostItems = 20
	// mostMembers is how many differences of one thing are listed.
	mostMembers = 5
	// widestLine is how many characters a line may have before it is broken.
	widestLine = 100
	// versionMember is the release of Prefect that wrote an object. Every object of a flow has it.
	versionMember = "__version__"
)

// Changes says in a few lines what registering one flow after another changes, such as
// "tasks: + load_b, ~ transform: max_retries 0 -> 3". Added things have a plus, removed ones a minus, changed ones a tilde.
// Numbers are compared as the Server gives them back. There is no line if nothing differs that the Server keeps. withEdges is
// false where the edges before are not known: the Server does not give those of a flow back that went up in parts.
//
// The number of lines is bounded. Values of environment variables are left out.
func Changes(before, after *Flow, withEdges bool) []string {
	var lines []string
	add := func(section string, items []string) { lines = append(lines, wrapped(section, items)...) }

	names := taskNames(before, after)
	add("tasks", tasksChanges(before, after, names))
	if withEdges {
		add("edges", keyedChanges(before.objects("edges"), after.objects("edges"), func(e map[string]any) string { return edgeText(e, names) }, nil))
	}
	add("parameters", keyedChanges(before.objects("parameters"), after.objects("parameters"), func(p map[string]any) string { return text(p["name"]) }, parameterText))
	add("schedule", scheduleChanges(before.data["schedule"], after.data["schedule"]))
	for _, section := range []string{"run_config", "storage", "environment"} {
		add(section, sectionChanges(before.data[section], after.data[section]))
	}
	add("reference_tasks", keyedChanges(before.objects("reference_tasks"), after.objects("reference_tasks"), func(t map[string]any) string {
		return names.of(text(t["slug"]))
	}, nil))
	var other []string
	known := []string{"tasks", "edges", "parameters", "schedule", "run_config", "storage", "environment", "reference_tasks"}
	for _, name := range allKeys(before.data, after.data) {
		if !slices.Contains(known, name) {
			label := name
			if name == versionMember {
				label = "Prefect"
			}
			other = append(other, memberChanges(label, before.data[name], after.data[name])...)
		}
	}
	add("flow", other)
	return lines
}

// wrapped writes the items of a section on as few lines as are wide enough, each of which begins with the section.
func wrapped(section string, items []string) []string {
	items = andMore(items[:min(len(items), mostItems)], len(items))
	var lines []string
	line := ""
	for _, item := range items {
		switch {
		case line == "":
			line = section + ": " + item
		case utf8.RuneCountInString(line)+2+utf8.RuneCountInString(item) > widestLine:
			lines = append(lines, line)
			line = section + ": " + item
		default:
			line += ", " + item
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// labels are what tasks are called: by their names where these are unique, else by their slugs.
type labels map[string]string

func (l labels) of(slug string) string {
	if label, ok := l[slug]; ok {
		return label
	}
	return shortened(slug)
}

func taskNames(flows ...*Flow) labels {
	slugs := map[string]map[string]bool{} // by name
	for _, f := range flows {
		for _, t := range f.objects("tasks") {
			name := text(t["name"])
			if slugs[name] == nil {
				slugs[name] = map[string]bool{}
			}
			slugs[name][text(t["slug"])] = true
		}
	}
	all := labels{}
	for name, used := range slugs {
		for slug := range used {
			if len(used) == 1 && name != "" {
				all[slug] = shortened(name)
			}
		}
	}
	return all
}

// tasksChanges leaves out the tasks that are parameters, which have a section of their own.
func tasksChanges(before, after *Flow, names labels) []string {
	parameters := map[string]bool{}
	for _, f := range []*Flow{before, after} {
		for _, p := range f.objects("parameters") {
			parameters[text(p["slug"])] = true
		}
	}
	tasks := func(f *Flow) []map[string]any {
		return slices.DeleteFunc(f.objects("tasks"), func(t map[string]any) bool { return parameters[text(t["slug"])] })
	}
	return keyedChanges(tasks(before), tasks(after), func(t map[string]any) string { return names.of(text(t["slug"])) }, nil)
}

func edgeText(edge map[string]any, names labels) string {
	end := func(key string) string {
		task, _ := edge[key].(map[string]any)
		return names.of(text(task["slug"]))
	}
	label := end("upstream_task") + " -> " + end("downstream_task")
	if key := text(edge["key"]); key != "" {
		label += "." + shortened(key)
	}
	return label
}

// keyedChanges compares lists of objects that have keys: removed and added ones in the order of their lists, changed ones
// last. full describes an added or removed object; nil is its key.
func keyedChanges(before, after []map[string]any, key func(map[string]any) string, full func(map[string]any) string) []string {
	if full == nil {
		full = key
	}
	index := func(list []map[string]any) map[string]map[string]any {
		byKey := make(map[string]map[string]any, len(list))
		for _, one := range list {
			byKey[key(one)] = one
		}
		return byKey
	}
	had, has := index(before), index(after)
	var items []string
	for _, one := range before {
		if _, kept := has[key(one)]; !kept {
			items = append(items, "- "+full(one))
		}
	}
	var changed []string
	for _, one := range after {
		earlier, kept := had[key(one)]
		if !kept {
			items = append(items, "+ "+full(one))
		} else if members := objectChanges("", earlier, one); len(members) > 0 {
			members = andMore(members[:min(len(members), mostMembers)], len(members))
			changed = append(changed, "~ "+key(one)+": "+strings.Join(members, " and "))
		}
	}
	return append(items, changed...)
}

func scheduleChanges(before, after any) []string {
	old, _ := before.(map[string]any)
	now, _ := after.(map[string]any)
	was, is := scheduleText(old), scheduleText(now)
	switch {
	case SameServed(before, after):
		return nil
	case old == nil:
		return []string{"+ " + is}
	case now == nil:
		return []string{"- " + was}
	case was != is:
		return []string{was + " -> " + is}
	}
	return objectChanges("", old, now)
}

func sectionChanges(before, after any) []string {
	old, wasObject := before.(map[string]any)
	now, isObject := after.(map[string]any)
	switch {
	case SameServed(before, after):
		return nil
	case !wasObject && isObject:
		return []string{"+ " + membersText(now)}
	case wasObject && !isObject:
		return []string{"- " + membersText(old)}
	case text(old["type"]) != text(now["type"]):
		return []string{membersText(old) + " -> " + membersText(now)}
	}
	return objectChanges("", old, now)
}

// objectChanges lists the members that differ, such as "max_retries 0 -> 3" and "trigger.fn ...".
func objectChanges(prefix string, before, after map[string]any) []string {
	var items []string
	for _, name := range allKeys(before, after) {
		if name != versionMember {
			items = append(items, memberChanges(prefix+name, before[name], after[name])...)
		}
	}
	return items
}

func memberChanges(path string, before, after any) []string {
	if SameServed(before, after) {
		return nil
	}
	old, wasObject := before.(map[string]any)
	now, isObject := after.(map[string]any)
	secret := path == "env" || strings.HasSuffix(path, ".env")
	switch {
	case secret && (wasObject || before == nil) && (isObject || after == nil):
		return environmentChanges(path, old, now)
	case wasObject && isObject:
		return objectChanges(path+".", old, now)
	case secret, strings.Contains(path, "job_template") && (isListOrObject(before) || isListOrObject(after)):
		return []string{shortened(path) + " (changed)"} // the containers of a template have variables, too
	}
	if items, ok := elementChanges(path, before, after); ok {
		return items
	}
	return []string{fmt.Sprintf("%s %s -> %s", shortened(path), valueText(before), valueText(after))}
}

// elementChanges compares lists of as many objects one by one.
func elementChanges(path string, before, after any) (items []string, ok bool) {
	old, wasList := before.([]any)
	now, isList := after.([]any)
	if !wasList || !isList || len(old) != len(now) || len(old) == 0 {
		return nil, false
	}
	for i := range old {
		was, wasObject := old[i].(map[string]any)
		is, isObject := now[i].(map[string]any)
		if !wasObject || !isObject {
			return nil, false
		}
		items = append(items, objectChanges(fmt.Sprintf("%s[%d].", path, i), was, is)...)
	}
	return items, true
}

func isListOrObject(v any) bool { return isList(v) || isObject(v) }

// environmentChanges names variables without their values, which may be secret.
func environmentChanges(path string, before, after map[string]any) []string {
	var items []string
	for _, name := range allKeys(before, after) {
		_, had := before[name]
		_, has := after[name]
		switch {
		case !had:
			items = append(items, "+ "+path+"."+shortened(name))
		case !has:
			items = append(items, "- "+path+"."+shortened(name))
		case !SameServed(before[name], after[name]):
			items = append(items, "~ "+path+"."+shortened(name))
		}
	}
	if len(items) == 0 { // {} and null
		items = append(items, path+" (changed)")
	}
	return items
}

func allKeys(a, b map[string]any) []string {
	keys := maps.Clone(a)
	if keys == nil {
		keys = map[string]any{}
	}
	maps.Copy(keys, b)
	return slices.Sorted(maps.Keys(keys))
}
