package azure

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// namespaces are the resource providers that must be registered with a subscription before their resources can be
// created, by their names in lower case. Those of roles and resource groups are always registered.
func namespaces() map[string]string {
	names := map[string]string{}
	for _, k := range kinds() {
		if namespace, _, found := strings.Cut(k.name, "/"); found && namespace != "Microsoft.Authorization" {
			names[strings.ToLower(namespace)] = namespace
		}
	}
	names["microsoft.insights"] = "microsoft.insights" // so Azure spells it itself
	return names
}

// serveProviders lists the subscription's resource providers, returns one, or registers one. It reports whether the
// path was one of these.
func (s *Simulation) serveProviders(c *call) bool {
	segments := strings.Split(strings.Trim(c.at.path, "/"), "/")
	if len(segments) < 3 || len(segments) > 5 || !strings.EqualFold(segments[2], "providers") {
		return false
	}
	view := func(namespace string) object {
		state := "NotRegistered"
		if s.registered[strings.ToLower(namespace)] {
			state = "Registered"
		}
		return object{"id": "/subscriptions/" + SubscriptionID + "/providers/" + namespace, "namespace": namespace, "registrationState": state, "resourceTypes": []any{}}
	}
	known := namespaces()
	if len(segments) == 3 {
		all := []any{}
		for _, name := range slices.Sorted(maps.Keys(known)) {
			all = append(all, view(known[name]))
		}
		writeJSON(c.out, http.StatusOK, object{"value": all})
		return true
	}
	name := strings.ToLower(segments[3])
	switch {
	case known[name] == "":
		writeError(c.out, http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace %q is invalid.", segments[3])
	case len(segments) == 4 && c.in.Method == http.MethodGet:
		writeJSON(c.out, http.StatusOK, view(known[name]))
	case len(segments) == 5 && c.in.Method == http.MethodPost && strings.EqualFold(segments[4], "register"):
		s.registered[name] = true
		writeJSON(c.out, http.StatusOK, view(known[name]))
	default:
		return false
	}
	return true
}

// unregistered refuses to create a resource whose provider is not registered.
func (s *Simulation) unregistered(c *call) bool {
	namespace, _, found := strings.Cut(c.kind.name, "/")
	if !found || namespaces()[strings.ToLower(namespace)] == "" || s.registered[strings.ToLower(namespace)] {
		return false
	}
	writeError(c.out, http.StatusConflict, "MissingSubscriptionRegistration",
		"The subscription is not registered to use namespace '%s'. See https://aka.ms/rps-not-found for how to register subscriptions.", namespace)
	return true
}
