package azure

import (
	"net/http"
	"strings"
	"time"
)

// Azure may take as long as propagation to act on a role that it has granted.
// creation is how long a cluster takes to be made at least: the simulation's
// clock goes on by that much with each one.
const (
	propagation = 5 * time.Minute
	creation    = 6 * time.Minute
)

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

// Acts reports whether Azure acts by now on a role that a principal has been
// granted on a scope, or on what that is in.
func (s *Simulation) Acts(principal, role, scope string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acts(principal, role, scope)
}

func (s *Simulation) acts(principal, role, scope string) bool {
	since, granted := s.grantedAt(principal, role, scope)
	return granted && s.clock-since >= propagation
}

// granting says whether a principal has been granted a role on a scope, or on
// what that is in, whether Azure acts on it yet or not.
func (s *Simulation) granting(principal, role, scope string) bool {
	_, granted := s.grantedAt(principal, role, scope)
	return granted
}

// grantedAt is when a principal was first granted a role on a scope.
func (s *Simulation) grantedAt(principal, role, scope string) (at time.Duration, granted bool) {
	for _, r := range s.below("", "microsoft.authorization/roleassignments") {
		p := r.properties()
		within := strings.HasPrefix(strings.ToLower(scope)+"/", strings.ToLower(text(p["scope"]))+"/")
		if within && p["principalId"] == principal && strings.HasSuffix(strings.ToLower(text(p["roleDefinitionId"])), roles[role]) {
			if when := s.granted[strings.ToLower(r.path)]; !granted || when < at {
				at, granted = when, true
			}
		}
	}
	return at, granted
}

func fillRoleAssignment(s *Simulation, r *resource, previous object) {
	if previous == nil {
		s.granted[strings.ToLower(r.path)] = s.clock
	}
	scope := r.path[:strings.LastIndex(strings.ToLower(r.path), "/providers/microsoft.authorization")]
	r.properties()["scope"] = scope
	defaults(r.properties(), object{"principalType": "ServicePrincipal"})
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
