package azure

import (
	"net/http"
	"strings"
)

// kind is a type of resource.
type kind struct {
	name     string // as Azure writes it
	typ      string // in lower case
	versions []string
	// write is the status of a PUT or PATCH that is polled for; 0 if it is done
	// at once.
	write int
	// plain is true if a PUT is answered with 200 even when it makes something.
	plain bool
	// slowDelete is true if a DELETE is polled for.
	slowDelete bool
	// stateless is true if there is no provisioningState.
	stateless bool
	// check refuses a PUT.
	check func(s *Simulation, c *call) (code, message string)
	// fill adds what Azure fills in; previous is the body before, nil at first.
	fill func(s *Simulation, r *resource, previous object)
	// removed is called when the resource has been deleted.
	removed func(s *Simulation, r *resource)
	// show changes what a GET shows.
	show func(s *Simulation, r *resource, out object)
}

// gatewayVersion is the version of AKS's API that knows the routing add-on's
// Gateway API.
const gatewayVersion = "2026-04-01"

// kinds are all types of resources. Versions are those that azurerm 5 uses.
func kinds() []*kind {
	return []*kind{
		{name: "resourceGroups", versions: []string{"2023-07-01"}, slowDelete: true, fill: fillGroup},

		{name: "Microsoft.Network/virtualNetworks", slowDelete: true, write: http.StatusCreated, fill: fillNetwork, show: showNetwork},
		{name: "Microsoft.Network/virtualNetworks/subnets", slowDelete: true, write: http.StatusCreated, check: checkSubnet, fill: fillSubnet},
		{name: "Microsoft.Network/privateDnsZones", slowDelete: true, write: http.StatusAccepted, fill: fillZone},
		{name: "Microsoft.Network/privateDnsZones/SOA", fill: fillNothing, stateless: true},
		{name: "Microsoft.Network/privateDnsZones/virtualNetworkLinks", slowDelete: true, write: http.StatusAccepted, fill: fillLink},
		{name: "Microsoft.Network/privateEndpoints", slowDelete: true, write: http.StatusCreated, fill: fillEndpoint, removed: removeInterface},
		{name: "Microsoft.Network/privateEndpoints/privateDnsZoneGroups", slowDelete: true, write: http.StatusCreated, fill: fillZoneGroup},
		{name: "Microsoft.Network/networkInterfaces", fill: fillNothing},

		{name: "Microsoft.ContainerService/managedClusters", versions: []string{"2025-10-01", gatewayVersion}, slowDelete: true, write: http.StatusCreated, check: checkCluster, fill: fillCluster, show: showCluster},
		{name: "Microsoft.ContainerService/managedClusters/agentPools", versions: []string{"2025-10-01"}, slowDelete: true, write: http.StatusCreated, fill: fillPool},
		{name: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations", versions: []string{"2025-10-01"}, stateless: true},

		{name: "Microsoft.ContainerRegistry/registries", versions: []string{"2025-11-01"}, slowDelete: true, write: http.StatusCreated, fill: fillRegistry},
		{name: "Microsoft.ContainerRegistry/registries/replications", versions: []string{"2025-11-01"}, slowDelete: true, write: http.StatusCreated},
		{name: "Microsoft.ContainerRegistry/registries/cacheRules", slowDelete: true, write: http.StatusCreated, fill: fillNothing},
		{name: "Microsoft.ContainerRegistry/registries/credentialSets", slowDelete: true, write: http.StatusCreated, fill: fillIdentity},
		{name: "Microsoft.ContainerRegistry/registries/tasks", fill: fillTask},
		{name: "Microsoft.ContainerRegistry/registries/runs", fill: fillNothing},

		{name: "Microsoft.DBforPostgreSQL/flexibleServers", versions: []string{"2025-08-01"}, slowDelete: true, write: http.StatusAccepted, fill: fillDatabaseServer, stateless: true},
		{name: "Microsoft.DBforPostgreSQL/flexibleServers/configurations", versions: []string{"2025-08-01"}, slowDelete: true, write: http.StatusAccepted, fill: fillConfiguration, stateless: true},
		{name: "Microsoft.DBforPostgreSQL/flexibleServers/databases", versions: []string{"2025-08-01"}, slowDelete: true, write: http.StatusAccepted, fill: fillNothing, stateless: true},
		{name: "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules", versions: []string{"2025-08-01"}, slowDelete: true, write: http.StatusAccepted, fill: fillNothing, stateless: true},

		{name: "Microsoft.Insights/scheduledQueryRules", versions: []string{"2023-03-15-preview"}, check: checkQueryRule, fill: fillNothing},
		{name: "Microsoft.Insights/dataCollectionEndpoints", versions: []string{"2023-03-11"}, fill: fillNothing},
		{name: "Microsoft.Insights/diagnosticSettings", versions: []string{"2021-05-01-preview"}, plain: true, check: checkDiagnosticSetting, fill: fillNothing, stateless: true},
		{name: "Microsoft.Insights/dataCollectionRules", versions: []string{"2023-03-11"}, fill: fillCollectionRule},
		{name: "Microsoft.Insights/dataCollectionRuleAssociations", versions: []string{"2023-03-11"}, check: checkCollection, fill: fillNothing, stateless: true},

		{name: "Microsoft.ManagedIdentity/userAssignedIdentities", versions: []string{"2024-11-30"}, fill: fillUserIdentity, stateless: true},

		// These exist only for others to refer to.
		{name: "Microsoft.KeyVault/vaults", fill: fillNothing},

		{name: "Microsoft.Authorization/roleAssignments", versions: []string{"2022-04-01"}, stateless: true, check: checkRoleAssignment, fill: fillRoleAssignment},
	}
}

// kindOf returns the kind of the resource at a location; for an action, that of the resource it belongs to.
func kindOf(at location) *kind {
	typ := at.typ
	if typ == "resources" {
		typ = "resourcegroups"
	}
	if actionOf(typ) != nil {
		typ = typ[:strings.LastIndexByte(typ, '/')]
	}
	for _, k := range kinds() {
		if strings.EqualFold(k.name, typ) {
			k.typ = strings.ToLower(k.name)
			return k
		}
	}
	return nil
}

func fillNothing(*Simulation, *resource, object) {}

func fillGroup(_ *Simulation, r *resource, _ object) { delete(r.body, "managedBy") }

func fillUserIdentity(_ *Simulation, r *resource, _ object) {
	defaults(r.properties(), object{"clientId": identifier(r.path, "client"), "principalId": identifier(r.path, "principal"), "tenantId": TenantID})
}

// fillIdentity adds a system-assigned identity to a resource that asks for one.
func fillIdentity(_ *Simulation, r *resource, _ object) {
	identity, ok := r.body["identity"].(object)
	if !ok {
		return
	}
	if strings.HasPrefix(strings.ToLower(text(identity["type"])), "systemassigned") {
		identity["principalId"], identity["tenantId"] = identifier(r.path, "principal"), TenantID
	}
}
