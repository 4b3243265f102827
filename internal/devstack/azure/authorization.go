package azure

import (
	"net/http"
	"strings"
	"time"
)

// propagation is how long Azure may take to act on a granted role. creation is the least time that the creation of a
// cluster takes: each one advances the simulation's clock by that much. A client reads an assignment back for longer
// than settling (azurerm for 20 seconds) before it continues with what depends on it.
const (
	propagation = 5 * time.Minute
	creation    = 6 * time.Minute
	settling    = 10 * time.Second
)

// grant is when a role was assigned: by the simulation's clock, and when the client requested it.
type grant struct {
	at    time.Duration
	asked time.Time
}

// creates records when the creation of a cluster begins, and returns what to call when it ends. Assignments that
// nothing ordered before the cluster count from that end: the client had not finished them when it requested the
// cluster, so they could have come last just as well.
func (s *Simulation) creates(begun time.Time) (ended func()) {
	return func() {
		s.clock += creation
		for path, g := range s.granted {
			if g.asked.After(begun.Add(-settling)) {
				s.granted[path] = grant{at: s.clock, asked: g.asked}
			}
		}
	}
}

// roles are the built-in roles that the modules assign, with Azure's own ids.
var roles = map[string]string{ //nolint:gochecknoglobals // a table
	"AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
	"AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
	"Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
	"Key Vault Secrets User":                      "4633458b-17de-408a-b874-0445c86b69e6",
	"Managed Identity Operator":                   "f1a07417-d97a-45cb-824c-7a7467783830",
	"Network Contributor":                         "4d97b98b-1d4f-4787-a291-c67834d212e7",
}

func roleDefinition(name, id string) object {
	return object{
		"id":   "/subscriptions/" + SubscriptionID + "/providers/Microsoft.Authorization/roleDefinitions/" + id,
		"name": id, "type": "Microsoft.Authorization/roleDefinitions",
		"properties": object{
			"roleName": name, "type": "BuiltInRole", "description": name, "assignableScopes": []any{"/"},
			"permissions": []any{object{"actions": []any{}, "notActions": []any{}, "dataActions": []any{}, "notDataActions": []any{}}},
		},
	}
}

// serveRoleDefinition answers the search for a role by name, and for one by id.
func (s *Simulation) serveRoleDefinition(c *call) {
	filter := c.in.URL.Query().Get("$filter")
	found := []any{}
	for name, id := range roles {
		byName := c.at.collection && strings.EqualFold(filter, "roleName eq '"+name+"'")
		byID := !c.at.collection && strings.EqualFold(c.at.last, id)
		if byName || byID {
			found = append(found, roleDefinition(name, id))
		}
	}
	switch {
	case c.at.collection:
		writeJSON(c.out, http.StatusOK, object{"value": found})
	case len(found) == 0:
		writeError(c.out, http.StatusNotFound, "RoleDefinitionDoesNotExist", "The role definition %q does not exist.", c.at.last)
	default:
		writeJSON(c.out, http.StatusOK, found[0])
	}
}

// checkRoleAssignment refuses a second assignment of the same role.
func checkRoleAssignment(s *Simulation, c *call) (code, message string) {
	wanted := child(c.body, "properties")
	scope := c.at.path[:strings.LastIndex(strings.ToLower(c.at.path), "/providers/microsoft.authorization")]
	for _, r := range s.below(scope, c.kind.typ) {
		have := r.properties()
		same := strings.EqualFold(text(have["scope"]), scope) && have["principalId"] == wanted["principalId"] &&
			strings.EqualFold(text(have["roleDefinitionId"]), text(wanted["roleDefinitionId"]))
		if same && !strings.EqualFold(r.path, c.at.path) {
			return "RoleAssignmentExists", "The role assignment already exists."
		}
	}
	return "", ""
}

// Acts reports whether a role that a principal was granted on a scope, or on a parent of it, has taken effect.
func (s *Simulation) Acts(principal, role, scope string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acts(principal, role, scope)
}

func (s *Simulation) acts(principal, role, scope string) bool {
	since, granted := s.grantOf(principal, role, scope)
	return granted && s.clock-since.at >= propagation
}

// granting reports whether a principal was granted a role on a scope or on a parent of it before the current request,
// in effect or not.
func (s *Simulation) granting(principal, role, scope string) bool {
	since, granted := s.grantOf(principal, role, scope)
	return granted && s.options.Now().Sub(since.asked) >= settling
}

// grantOf returns when a principal was first granted a role on a scope.
func (s *Simulation) grantOf(principal, role, scope string) (first grant, granted bool) {
	for _, r := range s.below("", "microsoft.authorization/roleassignments") {
		p := r.properties()
		within := strings.HasPrefix(strings.ToLower(scope)+"/", strings.ToLower(text(p["scope"]))+"/")
		if within && p["principalId"] == principal && strings.HasSuffix(strings.ToLower(text(p["roleDefinitionId"])), roles[role]) {
			if when := s.granted[strings.ToLower(r.path)]; !granted || when.at < first.at {
				first, granted = when, true
			}
		}
	}
	return first, granted
}

func fillRoleAssignment(s *Simulation, r *resource, previous object) {
	if previous == nil {
		s.granted[strings.ToLower(r.path)] = grant{at: s.clock, asked: s.options.Now()}
	}
	scope := r.path[:strings.LastIndex(strings.ToLower(r.path), "/providers/microsoft.authorization")]
	r.properties()["scope"] = scope
	defaults(r.properties(), object{"principalType": "ServicePrincipal"})
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
