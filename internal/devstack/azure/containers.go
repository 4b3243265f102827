package azure

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// actionOf returns the answer to a POST, by lower-case type and action; nil if there is none.
func actionOf(typ string) func(s *Simulation, c *call, r *resource) {
	switch typ {
	case "microsoft.containerservice/managedclusters/listclusterusercredential":
		return (*Simulation).listUserCredential
	case "microsoft.containerregistry/registries/schedulerun":
		return (*Simulation).scheduleRun
	}
	return nil
}

// kubernetesVersion is the version of a cluster that does not ask for one.
const kubernetesVersion = "1.34.1"

// checkCluster refuses what Azure refuses of a cluster's network and identities.
func checkCluster(s *Simulation, c *call) (code, message string) {
	p := child(c.body, "properties")
	if code, message := s.checkNodesIdentity(c.body); code != "" {
		return code, message
	}
	pools, _ := p["agentPoolProfiles"].([]any)
	for _, v := range pools {
		if pool, ok := v.(object); ok && text(pool["vnetSubnetID"]) != "" && child(p, "networkProfile")["outboundType"] == "managedNATGateway" {
			return "InvalidParameter", "The outbound type managedNATGateway cannot be used with a custom virtual network."
		}
	}
	if existing := s.find(c.at.path); existing != nil {
		from, to := text(existing.properties()["currentKubernetesVersion"]), text(p["kubernetesVersion"])
		if to != "" && !upgradable(from, to) {
			return "OperationNotAllowed", "Upgrading Kubernetes version " + from + " to " + to + " is not allowed: neither back, nor past a minor version."
		}
	}
	access := child(p, "apiServerAccessProfile")
	if strings.EqualFold(text(access["privateDNSZone"]), "none") && access["enablePrivateClusterPublicFQDN"] != true {
		return "InvalidParameter", "A private cluster without a private DNS zone needs a public FQDN."
	}
	return "", ""
}

// upgradable reports whether a cluster can move from one version to another: never back, and never past a minor
// version.
func upgradable(from, to string) bool {
	var have, want [3]int
	for i, n := range strings.SplitN(from, ".", 3) {
		have[i], _ = strconv.Atoi(n) // 0 if it is not a number
	}
	for i, n := range strings.SplitN(to, ".", 3) {
		want[i], _ = strconv.Atoi(n)
	}
	return slices.Compare(want[:], have[:]) >= 0 && want[0] == have[0] && want[1] <= have[1]+1
}

// checkNodesIdentity refuses an identity for nodes that the cluster's own identity may not assign. For a new cluster,
// Azure checks the role assignment itself.
func (s *Simulation) checkNodesIdentity(cluster object) (code, message string) {
	nodes := text(inside(cluster, "properties", "identityProfile", "kubeletidentity")["resourceId"])
	if nodes == "" || !s.isUserIdentity(nodes) {
		return "", ""
	}
	for path := range inside(cluster, "identity", "userAssignedIdentities") {
		if own := s.find(path); own != nil && s.granting(text(own.properties()["principalId"]), "Managed Identity Operator", nodes) {
			return "", ""
		}
	}
	return "CustomKubeletIdentityMissingPermissionError",
		"The cluster user assigned identity must be given permission to assign kubelet identity " + nodes + ". Check access result not allowed for action Microsoft.ManagedIdentity/userAssignedIdentities/assign/action."
}

// isUserIdentity reports whether a path is that of a user's identity, rather than of one that AKS creates.
func (s *Simulation) isUserIdentity(path string) bool {
	return strings.EqualFold(locate(path).typ, "Microsoft.ManagedIdentity/userAssignedIdentities") && s.find(path) != nil
}

// servePoolVersions lists the Kubernetes versions that pools may have: only the cluster's own.
func (s *Simulation) servePoolVersions(c *call) {
	cluster := s.find(c.at.parent)
	if cluster == nil {
		writeError(c.out, http.StatusNotFound, "ResourceNotFound", "The resource %q was not found.", c.at.parent)
		return
	}
	writeJSON(c.out, http.StatusOK, object{"id": c.at.path, "name": "default", "properties": object{
		"agentPoolVersions": []any{object{"kubernetesVersion": cluster.properties()["kubernetesVersion"], "default": true}},
	}})
}

// busyPart returns the cluster or pool whose operation blocks a change: a pool's operation blocks the cluster, and
// the cluster's blocks all pools.
func (s *Simulation) busyPart(at location) *resource {
	const cluster = "microsoft.containerservice/managedclusters"
	switch at.typ {
	case cluster:
		for _, pool := range s.below(at.path, cluster+"/agentpools") {
			if pool.busy != nil {
				return pool
			}
		}
	case cluster + "/agentpools":
		if r := s.find(at.parent); r != nil && r.busy != nil {
			return r
		}
	}
	return nil
}

func fillCluster(s *Simulation, r *resource, previous object) {
	fillIdentity(s, r, previous)
	p := r.properties()
	s.adoptPools(r)
	name := text(p["dnsPrefix"])
	group := locate(r.path).group
	fqdn := name + "-" + identifier(r.path)[:8] + ".hcp." + text(r.body["location"]) + ".azmk8s.io"
	if p["nodeResourceGroup"] == "" {
		delete(p, "nodeResourceGroup")
	}
	if p["kubernetesVersion"] == "" {
		delete(p, "kubernetesVersion")
	}
	defaults(p, object{
		"kubernetesVersion": kubernetesVersion, "fqdn": fqdn, "azurePortalFQDN": fqdn, "maxAgentPools": 100,
		"nodeResourceGroup": "MC_" + group[strings.LastIndexByte(group, '/')+1:] + "_" + r.name(),
		"supportPlan":       "KubernetesOfficial", "servicePrincipalProfile": object{"clientId": "msi"},
		"nodeProvisioningProfile": object{"mode": "Manual", "defaultNodePools": "Auto"},
		"bootstrapProfile":        object{"artifactSource": "Direct"},
	})
	p["currentKubernetesVersion"] = p["kubernetesVersion"]
	if access := child(p, "apiServerAccessProfile"); access["enablePrivateCluster"] == true {
		p["privateFQDN"] = strings.Replace(fqdn, ".hcp.", ".privatelink.", 1)
	}
	if issuer := child(p, "oidcIssuerProfile"); issuer["enabled"] == true {
		issuer["issuerURL"] = "https://oidc.simulated.invalid/" + TenantID + "/" + identifier(r.path) + "/"
	}
	if aad, ok := p["aadProfile"].(object); ok {
		defaults(aad, object{"tenantID": TenantID})
	}
	defaults(child(p, "identityProfile"), object{"kubeletidentity": object{
		"clientId": identifier(r.path, "kubelet client"), "objectId": identifier(r.path, "kubelet"),
		"resourceId": "/subscriptions/" + SubscriptionID + "/resourceGroups/" + text(p["nodeResourceGroup"]) +
			"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + r.name() + "-agentpool",
	}})
	fillClusterNetwork(child(p, "networkProfile"))
}

func fillClusterNetwork(p object) {
	defaults(p, object{"outboundType": "loadBalancer", "loadBalancerSku": "standard", "ipFamilies": []any{"IPv4"}})
	defaults(p, object{"podCidrs": []any{p["podCidr"]}, "serviceCidrs": []any{p["serviceCidr"]}})
	if p["outboundType"] == "loadBalancer" {
		defaults(child(p, "loadBalancerProfile"), object{
			"managedOutboundIPs": object{"count": 1}, "backendPoolType": "nodeIPConfiguration",
			"effectiveOutboundIPs": []any{},
		})
	}
}

// adoptPools makes the pools in a cluster's body resources of their own.
func (s *Simulation) adoptPools(cluster *resource) {
	pools, _ := cluster.properties()["agentPoolProfiles"].([]any)
	delete(cluster.properties(), "agentPoolProfiles")
	for _, v := range pools {
		profile, ok := v.(object)
		if !ok {
			continue
		}
		path := cluster.path + "/agentPools/" + text(profile["name"])
		properties := clone(profile)
		delete(properties, "name")
		pool := &resource{path: path, kind: kindOf(locate(path)), body: object{"properties": properties}}
		var previous object
		if existing := s.find(path); existing != nil {
			previous = existing.body
		}
		s.resources[strings.ToLower(path)] = pool
		s.complete(pool, previous)
	}
}

func fillPool(s *Simulation, r *resource, previous object) {
	p := r.properties()
	if previous != nil {
		// A change that does not set the node count keeps the autoscaler's.
		defaults(p, object{"count": child(previous, "properties")["count"]})
	}
	version := any(kubernetesVersion)
	if cluster := s.find(locate(r.path).parent); cluster != nil {
		defaults(p, object{"orchestratorVersion": cluster.properties()["kubernetesVersion"]})
	}
	defaults(p, object{
		"count": p["minCount"], "orchestratorVersion": version, "osType": "Linux", "osSKU": "Ubuntu", "osDiskSizeGB": 128,
		"osDiskType": "Managed", "kubeletDiskType": "OS", "maxPods": 250, "type": "VirtualMachineScaleSets", "mode": "User",
		"scaleDownMode": "Delete", "scaleSetPriority": "Regular", "enableFIPS": false, "enableUltraSSD": false, "enableNodePublicIP": false,
		"enableEncryptionAtHost": false, "powerState": object{"code": "Running"},
		"nodeImageVersion": "AKSUbuntu-2204gen2containerd-202608.20.0",
	})
	p["currentOrchestratorVersion"] = p["orchestratorVersion"]
}

func showCluster(s *Simulation, r *resource, out object) {
	profiles := []any{}
	for _, pool := range s.below(r.path, "microsoft.containerservice/managedclusters/agentpools") {
		profile := clone(pool.properties())
		profile["name"] = pool.name()
		profiles = append(profiles, profile)
	}
	child(out, "properties")["agentPoolProfiles"] = profiles
}

func (s *Simulation) listUserCredential(c *call, _ *resource) {
	writeJSON(c.out, http.StatusOK, object{"kubeconfigs": []any{object{
		"name": "clusterUser", "value": base64.StdEncoding.EncodeToString(s.options.Kubeconfig),
	}}})
}

func fillRegistry(s *Simulation, r *resource, previous object) {
	fillIdentity(s, r, previous)
	sku := child(r.body, "sku")
	sku["tier"] = sku["name"]
	p := r.properties()
	defaults(p, object{
		"loginServer": strings.ToLower(r.name()) + ".azurecr.io", "creationDate": "2026-01-01T00:00:00Z",
		"adminUserEnabled": false, "publicNetworkAccess": "Enabled", "zoneRedundancy": "Disabled", "anonymousPullEnabled": false,
		"dataEndpointEnabled": false, "networkRuleBypassOptions": "AzureServices", "dataEndpointHostNames": []any{},
		"encryption": object{"status": "disabled"}, "privateEndpointConnections": []any{},
		"roleAssignmentMode": "LegacyRegistryPermissions", "networkRuleBypassAllowedForTasks": false,
	})
	if sku["name"] == "Premium" {
		// What a request leaves out stays unchanged.
		if previous != nil {
			defaults(p, object{"networkRuleSet": child(previous, "properties")["networkRuleSet"]})
		}
		defaults(p, object{"networkRuleSet": object{"defaultAction": "Allow"}})
		defaults(child(p, "networkRuleSet"), object{"ipRules": []any{}})
	}
	policies := child(p, "policies")
	for name, policy := range map[string]object{
		"quarantinePolicy":                 {"status": "disabled"},
		"trustPolicy":                      {"type": "Notary", "status": "disabled"},
		"retentionPolicy":                  {"days": 7, "status": "disabled"},
		"exportPolicy":                     {"status": "enabled"},
		"azureADAuthenticationAsArmPolicy": {"status": "enabled"},
	} {
		defaults(child(policies, name), policy)
	}
}

func fillTask(s *Simulation, r *resource, previous object) {
	fillIdentity(s, r, previous)
	p := r.properties()
	defaults(p, object{"status": "Enabled", "creationDate": "2026-01-01T00:00:00Z", "timeout": 3600})
	if step, ok := p["step"].(object); ok {
		delete(step, "contextAccessToken") // Azure never shows it
	}
}

// scheduleRun starts a run of a task, which has ended by the time the response arrives.
func (s *Simulation) scheduleRun(c *call, registry *resource) {
	id := "cf" + identifier(text(c.body["taskId"]), strconv.Itoa(len(s.below(registry.path, ""))))[:4]
	path := registry.path + "/runs/" + id
	run := &resource{path: path, kind: kindOf(locate(path)), body: object{
		"id": path, "name": id, "type": "Microsoft.ContainerRegistry/registries/runs",
		"properties": object{"runId": id, "status": "Succeeded", "provisioningState": "Succeeded", "task": c.body["taskId"]},
	}}
	s.resources[strings.ToLower(path)] = run
	writeJSON(c.out, http.StatusOK, s.view(run))
}
