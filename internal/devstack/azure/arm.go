package azure

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// call is one request to the resource manager.
type call struct {
	out  http.ResponseWriter
	in   *http.Request
	at   location
	body object
	kind *kind
}

// serveARM answers a request to the resource manager. Requests are answered one
// after the other.
func (s *Simulation) serveARM(out http.ResponseWriter, in *http.Request) {
	body, err := readBody(in)
	if err != nil {
		writeError(out, http.StatusBadRequest, "InvalidRequestContent", "%s", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{out: out, in: in, at: locate(in.URL.Path), body: body}
	version := query(in.URL.Query(), "api-version")
	switch {
	case version == "":
		writeError(out, http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter is required for all requests.")
		return
	case strings.Contains(c.at.path, "/operationStatuses/"):
		s.serveOperation(c)
		return
	case c.at.typ == "subscriptions":
		writeJSON(out, http.StatusOK, object{"id": c.at.path, "subscriptionId": SubscriptionID, "tenantId": TenantID, "state": "Enabled", "displayName": "Simulated"})
		return
	case c.at.typ == "microsoft.authorization/roledefinitions":
		s.serveRoleDefinition(c)
		return
	case c.at.typ == "microsoft.containerservice/managedclusters/availableagentpoolversions":
		s.servePoolVersions(c)
		return
	}
	if s.serveProviders(c) {
		return
	}
	if c.kind = kindOf(c.at); c.kind == nil {
		writeError(out, http.StatusNotFound, "InvalidResourceType", "The simulation has no resource type %q (%s %s).", c.at.typ, in.Method, in.URL.Path)
		return
	}
	if actionOf(c.at.typ) == nil && len(c.kind.versions) > 0 && !slices.Contains(c.kind.versions, version) {
		writeError(out, http.StatusBadRequest, "NoRegisteredProviderFound", "No registered resource provider found for API version %q and type %q. The supported ones are %s.",
			version, c.kind.typ, strings.Join(c.kind.versions, ", "))
		return
	}
	s.dispatch(c)
}

func (s *Simulation) dispatch(c *call) {
	switch {
	case c.at.collection && c.in.Method == http.MethodGet:
		s.list(c)
	case c.at.collection && c.in.Method == http.MethodPost:
		s.act(c)
	case c.in.Method == http.MethodGet || c.in.Method == http.MethodHead:
		s.get(c)
	case c.in.Method == http.MethodPut:
		s.put(c)
	case c.in.Method == http.MethodPatch:
		s.patch(c)
	case c.in.Method == http.MethodDelete:
		s.delete(c)
	default:
		writeError(c.out, http.StatusMethodNotAllowed, "MethodNotAllowed", "%s is not possible for %s.", c.in.Method, c.at.path)
	}
}

func (s *Simulation) get(c *call) {
	// Some clients poll the resource instead of the operation.
	if r := s.find(c.at.path); r != nil && r.busy != nil {
		r.busy.advance()
	}
	if r := s.find(c.at.path); r != nil {
		writeJSON(c.out, http.StatusOK, s.view(r))
		return
	}
	if c.at.group != "" && s.find(c.at.group) == nil {
		writeError(c.out, http.StatusNotFound, "ResourceGroupNotFound", "Resource group %q could not be found.", c.at.group)
		return
	}
	writeError(c.out, http.StatusNotFound, "ResourceNotFound", "The resource %q was not found.", c.at.path)
}

func (s *Simulation) list(c *call) {
	if c.at.typ == "resources" {
		// azurerm lists the rest of a resource group before it deletes the group.
		value := []any{}
		for _, r := range s.below(c.at.group, "") {
			value = append(value, object{"id": r.path, "name": r.name(), "type": r.kind.name})
		}
		writeJSON(c.out, http.StatusOK, object{"value": value})
		return
	}
	value := []any{}
	for _, r := range s.below(c.at.parent, c.kind.typ) {
		value = append(value, s.view(r))
	}
	writeJSON(c.out, http.StatusOK, object{"value": value})
}

// missing answers a request for a resource whose group or parent does not exist.
func (s *Simulation) missing(c *call) bool {
	if c.at.group != "" && s.find(c.at.group) == nil {
		writeError(c.out, http.StatusNotFound, "ResourceGroupNotFound", "Resource group %q could not be found.", c.at.group)
		return true
	}
	if c.at.parent != "" && s.find(c.at.parent) == nil {
		writeError(c.out, http.StatusNotFound, "ParentResourceNotFound", "The parent resource %q was not found.", c.at.parent)
		return true
	}
	return false
}

func (s *Simulation) put(c *call) {
	if s.unregistered(c) || s.missing(c) || s.busy(c) {
		return
	}
	if c.kind.check != nil {
		if code, message := c.kind.check(s, c); code != "" {
			status := http.StatusBadRequest
			if strings.HasSuffix(code, "Exists") {
				status = http.StatusConflict
			}
			writeError(c.out, status, code, "%s", message)
			return
		}
	}
	r, existed := s.find(c.at.path), true
	if r == nil {
		r, existed = &resource{path: c.at.path, kind: c.kind}, false
		s.resources[strings.ToLower(c.at.path)] = r
	}
	previous := r.body
	r.body = clone(c.body)
	s.complete(r, previous)
	s.answerWrite(c, r, existed)
}

func (s *Simulation) patch(c *call) {
	r := s.find(c.at.path)
	if r == nil {
		s.get(c)
		return
	}
	if s.busy(c) {
		return
	}
	previous := clone(r.body)
	merge(r.body, c.body)
	s.complete(r, previous)
	s.answerWrite(c, r, true)
}

// complete adds to a resource what Azure fills in.
func (s *Simulation) complete(r *resource, previous object) {
	r.body["id"], r.body["name"], r.body["type"] = r.path, r.name(), r.kind.name
	if r.kind.fill != nil {
		r.kind.fill(s, r, previous)
	}
	if !r.kind.stateless {
		r.properties()["provisioningState"] = "Succeeded"
	}
}

// answerWrite answers a PUT or PATCH: at once, or with an operation to poll.
func (s *Simulation) answerWrite(c *call, r *resource, existed bool) {
	if c.kind.write == 0 {
		status := http.StatusOK
		if !existed && !c.kind.plain {
			status = http.StatusCreated
		}
		writeJSON(c.out, status, s.view(r))
		return
	}
	ended := func() {}
	if !existed && r.kind.typ == "microsoft.containerservice/managedclusters" {
		ended = s.creates(s.options.Now())
	}
	r.busy = s.begin(c, func() {
		r.busy = nil
		ended()
	})
	writeJSON(c.out, c.kind.write, s.view(r))
}

func (s *Simulation) delete(c *call) {
	r := s.find(c.at.path)
	if r == nil {
		c.out.WriteHeader(http.StatusNoContent)
		return
	}
	if s.busy(c) {
		return
	}
	if user := s.userOf(r); user != "" {
		writeError(c.out, http.StatusBadRequest, "InUseSubnetCannotBeDeleted", "Subnet %s is in use by %s and cannot be deleted.", r.path, user)
		return
	}
	remove := func() {
		for _, inner := range s.below(r.path, "") {
			delete(s.resources, strings.ToLower(inner.path))
		}
		delete(s.resources, strings.ToLower(r.path))
		if r.kind.removed != nil {
			r.kind.removed(s, r)
		}
	}
	if !c.kind.slowDelete {
		remove()
		writeJSON(c.out, http.StatusOK, s.view(r))
		return
	}
	r.busy = s.begin(c, remove)
	c.out.WriteHeader(http.StatusAccepted)
}

// userOf returns what uses a subnet.
func (s *Simulation) userOf(subnet *resource) string {
	if subnet.kind.typ != "microsoft.network/virtualnetworks/subnets" {
		return ""
	}
	for _, r := range s.below("", "") {
		if r != subnet && mentions(r.body, strings.ToLower(subnet.path)) {
			return r.path
		}
	}
	return ""
}

// mentions reports whether a path is one of the strings in a value.
func mentions(v any, path string) bool {
	switch v := v.(type) {
	case string:
		return strings.ToLower(v) == path
	case object:
		for _, inner := range v {
			if mentions(inner, path) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return mentions(inner, path) })
	}
	return false
}

// busy refuses to change a resource that has an operation in progress.
func (s *Simulation) busy(c *call) bool {
	r := s.find(c.at.path)
	if r == nil || r.busy == nil {
		r = s.busyPart(c.at)
	}
	if r == nil {
		return false
	}
	writeError(c.out, http.StatusConflict, "AnotherOperationInProgress", "Another operation on %s is in progress.", r.path)
	return true
}

// begin starts an operation and sets the response header with the URL to poll.
func (s *Simulation) begin(c *call, finish func()) *operation {
	id := identifier(c.in.Method, c.at.path, strconv.Itoa(len(s.operations)))
	op := &operation{polls: s.options.Polls, finish: finish}
	s.operations[id] = op
	namespace, _, _ := strings.Cut(c.kind.name, "/")
	c.out.Header().Set("Azure-AsyncOperation", fmt.Sprintf("%s/subscriptions/%s/providers/%s/locations/simulated/operationStatuses/%s?api-version=%s",
		origin(c.in), SubscriptionID, namespace, id, query(c.in.URL.Query(), "api-version")))
	soon(c.out)
	return op
}

// origin is where a request was sent to.
func origin(in *http.Request) string {
	if in.TLS != nil {
		return "https://" + in.Host
	}
	return "http://" + in.Host
}

// soon tells clients to poll again at once. azurerm reads the first header, and azapi, which replaces 0 seconds by
// its own default of 30, the second.
func soon(out http.ResponseWriter) {
	out.Header().Set("Retry-After", "0")
	out.Header().Set("Retry-After-Ms", "1")
}

func (s *Simulation) serveOperation(c *call) {
	op := s.operations[c.at.last]
	if op == nil {
		writeError(c.out, http.StatusNotFound, "NotFound", "There is no operation %s.", c.at.last)
		return
	}
	soon(c.out)
	status := "InProgress"
	if op.advance() {
		status = "Succeeded"
	}
	writeJSON(c.out, http.StatusOK, object{"name": c.at.last, "status": status})
}

// view is what a GET shows of a resource.
func (s *Simulation) view(r *resource) object {
	out := clone(r.body)
	if r.kind.show != nil {
		r.kind.show(s, r, out)
	}
	if r.busy != nil && !r.kind.stateless {
		child(out, "properties")["provisioningState"] = "Updating"
	}
	return out
}

// act answers the POST of an action of a resource.
func (s *Simulation) act(c *call) {
	parent := s.find(c.at.parent)
	if parent == nil {
		writeError(c.out, http.StatusNotFound, "ResourceNotFound", "The resource %q was not found.", c.at.parent)
		return
	}
	action := actionOf(c.at.typ)
	if action == nil {
		writeError(c.out, http.StatusNotFound, "InvalidAction", "The simulation has no action %q.", c.at.typ)
		return
	}
	action(s, c, parent)
}
