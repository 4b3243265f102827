package azure

import "strings"

func fillDatabaseServer(s *Simulation, r *resource, previous object) {
	fillIdentity(s, r, previous)
	p := r.properties()
	delete(p, "administratorLoginPassword") // never shown
	if previous != nil {
		defaults(p, object{"administratorLogin": child(previous, "properties")["administratorLogin"]})
	}
	host := r.name() + ".postgres.database.azure.com"
	defaults(p, object{
		"fullyQualifiedDomainName": host, "state": "Ready", "minorVersion": "13", "availabilityZone": "1",
		"replicationRole": "Primary", "replicaCapacity": 5,
	})
	delete(p, "createMode")
	defaults(child(p, "network"), object{"publicNetworkAccess": "Enabled"})
	if text(child(p, "network")["delegatedSubnetResourceId"]) != "" {
		child(p, "network")["publicNetworkAccess"] = "Disabled"
	}
	defaults(child(p, "authConfig"), object{"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"})
	defaults(child(p, "backup"), object{"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"})
	defaults(child(p, "storage"), object{"storageSizeGB": 32, "autoGrow": "Disabled", "type": ""})
	defaults(child(p, "storage"), object{"tier": storageTiers()[number(child(p, "storage")["storageSizeGB"])]})
	defaults(child(p, "highAvailability"), object{"mode": "Disabled", "state": "NotEnabled"})
	defaults(child(p, "maintenanceWindow"), object{"customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0})
	child(p, "replica")["role"] = "Primary"
	s.addConfigurations(r)
	if subnet := s.find(text(child(p, "network")["delegatedSubnetResourceId"])); subnet != nil && previous == nil {
		addServiceEndpoint(subnet, "Microsoft.Storage")
	}
}

// addConfigurations adds the settings that a new server has. Setting one is a PATCH of something that exists.
func (s *Simulation) addConfigurations(server *resource) {
	for _, name := range []string{"azure.extensions", "require_secure_transport"} {
		path := server.path + "/configurations/" + name
		if s.find(path) != nil {
			continue
		}
		r := &resource{path: path, kind: kindOf(locate(path)), body: object{}}
		s.resources[strings.ToLower(path)] = r
		s.complete(r, nil)
		r.properties()["value"] = r.properties()["defaultValue"]
	}
}

// storageTiers are the performance tiers of the sizes of disks, in GiB.
func storageTiers() map[int]string {
	return map[int]string{32: "P4", 64: "P6", 128: "P10", 256: "P15", 512: "P20", 1024: "P30", 2048: "P40", 4096: "P50"}
}

func number(v any) int {
	switch v := v.(type) {
	case float64:
		return int(v)
	case int:
		return v
	}
	return 0
}

// fillConfiguration fills in the default values of settings.
func fillConfiguration(_ *Simulation, r *resource, _ object) {
	value := ""
	if strings.EqualFold(r.name(), "require_secure_transport") {
		value = "on"
	}
	defaults(r.properties(), object{"defaultValue": value, "dataType": "String", "isReadOnly": false, "isDynamicConfig": true})
}
