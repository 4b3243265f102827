package azure

import (
	"fmt"
	"net/netip"
	"strings"
)

func fillNetwork(_ *Simulation, r *resource, _ object) {
	delete(r.properties(), "subnets") // they are resources of their own
	r.body["etag"] = `W/"` + identifier(r.path) + `"`
}

func showNetwork(s *Simulation, r *resource, out object) {
	subnets := []any{}
	for _, subnet := range s.below(r.path, "microsoft.network/virtualnetworks/subnets") {
		subnets = append(subnets, s.view(subnet))
	}
	child(out, "properties")["subnets"] = subnets
}

// prefixes reads the ranges of a network or subnet.
func prefixes(properties object) ([]netip.Prefix, error) {
	list, _ := properties["addressPrefixes"].([]any)
	if single := text(properties["addressPrefix"]); single != "" && len(list) == 0 {
		list = []any{single}
	}
	out := make([]netip.Prefix, 0, len(list))
	for _, v := range list {
		prefix, err := netip.ParsePrefix(text(v))
		if err != nil {
			return nil, fmt.Errorf("read the range %v: %w", v, err)
		}
		out = append(out, prefix)
	}
	return out, nil
}

// checkSubnet refuses a subnet outside its network or on another's range.
func checkSubnet(s *Simulation, c *call) (code, message string) {
	own, err := prefixes(child(c.body, "properties"))
	if err != nil || len(own) == 0 {
		return "InvalidAddressPrefixFormat", fmt.Sprintf("The address prefixes of %s are not valid: %v.", c.at.path, err)
	}
	network := s.find(c.at.parent)
	space, err := prefixes(child(network.properties(), "addressSpace"))
	if err != nil {
		return "InvalidAddressPrefixFormat", err.Error()
	}
	for _, prefix := range own {
		inside := false
		for _, outer := range space {
			inside = inside || outer.Bits() <= prefix.Bits() && outer.Contains(prefix.Addr())
		}
		if !inside {
			return "NetcfgInvalidSubnet", fmt.Sprintf("Subnet %q is not valid in virtual network %q.", c.at.last, network.name())
		}
		for _, other := range s.below(network.path, c.kind.typ) {
			taken, err := prefixes(other.properties())
			if err != nil || strings.EqualFold(other.path, c.at.path) {
				continue
			}
			for _, t := range taken {
				if t.Overlaps(prefix) {
					return "NetcfgSubnetRangesOverlap", fmt.Sprintf("Subnet %q overlaps with subnet %q.", c.at.last, other.name())
				}
			}
		}
	}
	return "", ""
}

func fillSubnet(_ *Simulation, r *resource, _ object) {
	p := r.properties()
	defaults(p, object{
		"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled",
		"defaultOutboundAccess": true, "serviceEndpoints": []any{}, "delegations": []any{},
	})
	if prefixes, ok := p["addressPrefixes"].([]any); ok && len(prefixes) == 1 {
		p["addressPrefix"] = prefixes[0]
	}
}

// addServiceEndpoint adds the storage endpoint that the first database server in a subnet creates for its logs and
// backups.
func addServiceEndpoint(subnet *resource, service string) {
	endpoints, _ := subnet.properties()["serviceEndpoints"].([]any)
	for _, v := range endpoints {
		if endpoint, ok := v.(object); ok && endpoint["service"] == service {
			return
		}
	}
	subnet.properties()["serviceEndpoints"] = append(endpoints, object{"service": service, "locations": []any{"*"}, "provisioningState": "Succeeded"})
}

func fillZone(s *Simulation, r *resource, _ object) {
	defaults(r.body, object{"location": "global"})
	defaults(r.properties(), object{
		"maxNumberOfRecordSets": 25000, "numberOfRecordSets": 1, "maxNumberOfVirtualNetworkLinks": 1000,
		"maxNumberOfVirtualNetworkLinksWithRegistration": 100,
	})
	path := r.path + "/SOA/@"
	soa := &resource{path: path, kind: kindOf(locate(path)), body: object{
		"id": path, "name": "@", "type": "Microsoft.Network/privateDnsZones/SOA",
		"properties": object{
			"ttl": 3600, "fqdn": r.name() + ".", "metadata": object{},
			"soaRecord": object{
				"email": "azureprivatedns-host.microsoft.com", "expireTime": 2419200, "host": "azureprivatedns.net",
				"minimumTtl": 10, "refreshTime": 3600, "retryTime": 300, "serialNumber": 1,
			},
		},
	}}
	s.resources[strings.ToLower(path)] = soa
}

func fillLink(_ *Simulation, r *resource, _ object) {
	defaults(r.properties(), object{"virtualNetworkLinkState": "Completed", "resolutionPolicy": "Default"})
}

func fillEndpoint(s *Simulation, r *resource, _ object) {
	p := r.properties()
	connections, _ := p["privateLinkServiceConnections"].([]any)
	for _, v := range connections {
		connection, ok := v.(object)
		if !ok {
			continue
		}
		connection["id"] = r.path + "/privateLinkServiceConnections/" + text(connection["name"])
		child(connection, "properties")["privateLinkServiceConnectionState"] = object{
			"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None",
		}
	}
	nic := interfaceOf(r)
	p["networkInterfaces"] = []any{object{"id": nic}}
	s.resources[strings.ToLower(nic)] = &resource{path: nic, kind: kindOf(locate(nic)), body: object{
		"id": nic, "name": r.name() + ".nic", "location": r.body["location"],
		"properties": object{
			"provisioningState": "Succeeded",
			"ipConfigurations": []any{object{
				"name":       "ipconfig",
				"properties": object{"privateIPAddress": "10.10.255.244", "subnet": object{"id": "none"}},
			}},
		},
	}}
	defaults(p, object{"customDnsConfigs": []any{}, "manualPrivateLinkServiceConnections": []any{}})
}

// interfaceOf is the path of a private endpoint's network interface.
func interfaceOf(endpoint *resource) string {
	return endpoint.path[:strings.LastIndex(endpoint.path, "/privateEndpoints/")] + "/networkInterfaces/" + endpoint.name() + ".nic"
}

func removeInterface(s *Simulation, endpoint *resource) {
	delete(s.resources, strings.ToLower(interfaceOf(endpoint)))
}

func fillZoneGroup(_ *Simulation, r *resource, _ object) {
	configs, _ := r.properties()["privateDnsZoneConfigs"].([]any)
	for _, v := range configs {
		if config, ok := v.(object); ok {
			config["id"] = r.path + "/privateDnsZoneConfigs/" + text(config["name"])
			child(config, "properties")["recordSets"] = []any{}
		}
	}
}
