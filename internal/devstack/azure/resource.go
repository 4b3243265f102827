package azure

import (
	"crypto/sha1" //nolint:gosec // identifiers that only have to be the same each time
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// resource is something that was created, under the path it was created with.
type resource struct {
	path string // as the client wrote it
	kind *kind
	body object
	// busy is the operation in progress, if any.
	busy *operation
}

// operation is a long-running operation.
type operation struct {
	polls  int
	finish func()
}

// advance counts a poll of an operation, and reports whether the operation has ended.
func (o *operation) advance() bool {
	if o.polls > 0 {
		o.polls--
		return false
	}
	if o.finish != nil {
		o.finish()
		o.finish = nil
	}
	return true
}

func (r *resource) name() string { return r.path[strings.LastIndexByte(r.path, '/')+1:] }

// properties returns the resource's properties, and creates them if missing.
func (r *resource) properties() object { return child(r.body, "properties") }

// child returns the object under a key, and creates it if missing.
func child(parent object, key string) object {
	if existing, ok := parent[key].(object); ok {
		return existing
	}
	made := object{}
	parent[key] = made
	return made
}

// inside returns the object at a path of keys, or nil.
func inside(parent object, keys ...string) object {
	for _, key := range keys {
		parent, _ = parent[key].(object)
	}
	return parent
}

// defaults sets what is absent or null.
func defaults(target, values object) {
	for key, value := range values {
		if existing, ok := target[key]; !ok || existing == nil {
			target[key] = value
		}
	}
}

// merge changes target as a PATCH does: objects are merged, everything else is
// replaced, null removes.
func merge(target, patch object) {
	for key, value := range patch {
		if value == nil {
			delete(target, key)
			continue
		}
		if inner, ok := value.(object); ok {
			merge(child(target, key), inner)
			continue
		}
		target[key] = value
	}
}

// clone copies an object and the objects in it.
func clone(v object) object {
	out := maps.Clone(v)
	for key, value := range out {
		if inner, ok := value.(object); ok {
			out[key] = clone(inner)
		}
	}
	return out
}

// identifier is a UUID that follows from what it identifies.
func identifier(of ...string) string {
	sum := sha1.Sum([]byte(strings.ToLower(strings.Join(of, "|")))) //nolint:gosec // see the import
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// location is a parsed path: the resource type, its parent and its group.
type location struct {
	path   string // without a slash at the end
	typ    string // lower case, "microsoft.network/virtualnetworks/subnets"
	parent string // path of the resource it is part of; empty if it is in a group only
	group  string // path of its resource group; empty if it is in none
	// collection is true for the list of a type's resources.
	collection bool
	// last is the last segment: a name, or that of an action or collection.
	last string
}

// locate parses a path. The type follows the last "/providers/", and the scope precedes it.
func locate(path string) location {
	path = "/" + strings.Trim(path, "/")
	l := location{path: path, last: path[strings.LastIndexByte(path, '/')+1:]}
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) >= 4 && strings.EqualFold(segments[2], "resourceGroups") {
		l.group = "/" + strings.Join(segments[:4], "/")
	}
	at := lastIndexFold(segments, "providers")
	if at < 0 {
		return l.locateGroup(segments)
	}
	names := segments[at+1:]
	if len(names) == 0 {
		return l
	}
	types := []string{names[0]}
	for i := 1; i < len(names); i += 2 {
		types = append(types, names[i])
	}
	l.typ = strings.ToLower(strings.Join(types, "/"))
	l.collection = len(names)%2 == 0
	switch {
	case len(names) > 3:
		cut := 2
		if l.collection {
			cut = 1
		}
		l.parent = "/" + strings.Join(segments[:len(segments)-cut], "/")
	case at > 4 || at == 2 && strings.EqualFold(names[0], "Microsoft.Authorization"):
		l.parent = "/" + strings.Join(segments[:at], "/") // an extension of another resource
	}
	return l
}

func (l location) locateGroup(segments []string) location {
	switch {
	case len(segments) == 4:
		l.typ, l.group = "resourcegroups", ""
	case len(segments) == 3:
		l.typ, l.collection, l.group = "resourcegroups", true, ""
	case len(segments) == 5 && strings.EqualFold(segments[4], "resources"):
		l.typ, l.collection = "resources", true
	case len(segments) == 2:
		l.typ = "subscriptions"
	}
	return l
}

func lastIndexFold(segments []string, wanted string) int {
	for i := len(segments) - 1; i >= 0; i-- {
		if strings.EqualFold(segments[i], wanted) {
			return i
		}
	}
	return -1
}

// find returns the resource at a path, or nil.
func (s *Simulation) find(path string) *resource { return s.resources[strings.ToLower(path)] }

// below returns the resources of a type in a resource or group (all types for ""), sorted by path.
func (s *Simulation) below(parent, typ string) []*resource {
	var out []*resource
	for _, path := range slices.Sorted(maps.Keys(s.resources)) {
		r := s.resources[path]
		if strings.HasPrefix(path, strings.ToLower(parent)+"/") && (typ == "" || r.kind.typ == typ) {
			out = append(out, r)
		}
	}
	return out
}

// Resources returns the paths of all resources, in lower case and sorted.
func (s *Simulation) Resources() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.resources))
}

// Edit changes or creates a resource, as another user of the subscription would.
func (s *Simulation) Edit(path string, change func(body map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(path)
	if r == nil {
		r = &resource{path: path, kind: kindOf(locate(path)), body: object{}}
		s.resources[strings.ToLower(path)] = r
		s.complete(r, nil)
	}
	change(r.body)
}

// Body returns a copy of a resource's body as a GET would show it, or nil if it does not exist.
func (s *Simulation) Body(path string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(path)
	if r == nil {
		return nil
	}
	return s.view(r)
}
