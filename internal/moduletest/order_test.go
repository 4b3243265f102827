package moduletest

import (
	"regexp"
	"slices"
	"testing"
)

// TestOrder reads from Terraform's own graph what the modules make before what.
// An apply does not show it: what nothing orders may come in the right order by
// its timing, and the other way round on the day that it matters.
func TestOrder(t *testing.T) {
	t.Parallel()
	const (
		cluster  = "module.aks.azurerm_kubernetes_cluster.this"
		pools    = "module.aks.azurerm_kubernetes_cluster_node_pool.this"
		server   = "module.postgresql.azurerm_postgresql_flexible_server.this"
		settings = "module.postgresql.azurerm_postgresql_flexible_server_configuration."
		release  = "module.prefect_server.helm_release.server"
	)
	w := newWorkspace(t)
	w.run("modules/stack", "init", "-input=false")
	before := dependencies(w.run("modules/stack", "graph"))
	for _, row := range []struct{ later, earlier, otherwise string }{
		{cluster, "azurerm_role_assignment.network", "load balancers wait for an address"},
		{cluster, "azurerm_role_assignment.nodes_identity", "the cluster may not give its nodes their identity"},
		{cluster, "azurerm_role_assignment.pull", "the nodes pull no images"},
		{cluster, "module.aks.azurerm_role_assignment.cluster_admin_before", "the first release is forbidden"},
		{cluster, "azurerm_subnet_route_table_association.nodes", "the nodes have no way out"},
		{cluster, "azurerm_subnet_nat_gateway_association.nodes", "the nodes have no way out"},
		{pools, cluster, "there is nothing to be a pool of"},
		{server, "azurerm_private_dns_zone_virtual_network_link.database", "the server does not find its own name"},
		{"module.acr.azurerm_container_registry.this", "azurerm_private_dns_zone_virtual_network_link.registry", "the registry's name leads to its public address"},
		{settings + "tls", settings + "extensions", "the server is busy"},
		{"module.postgresql.azurerm_postgresql_flexible_server_database.this", settings + "tls", "the server is busy"},
		{release, "module.postgresql.azurerm_postgresql_flexible_server_database.this", "the migrations have no database"},
		{release, settings + "extensions", "the migrations may not create extensions"},
		{release, pools, "pods have no nodes"},
		{release, "module.aks.azurerm_role_assignment.cluster_admin", "the release is forbidden"},
	} {
		if !reaches(before, row.later, row.earlier) {
			t.Errorf("nothing has %s wait for %s: %s", row.later, row.earlier, row.otherwise)
		}
	}
}

// dependencies reads what `terraform graph` prints: by address, what a resource
// waits for.
func dependencies(graph string) map[string][]string {
	before := map[string][]string{}
	for _, edge := range regexp.MustCompile(`(?m)^\s*"([^"]+)" -> "([^"]+)"`).FindAllStringSubmatch(graph, -1) {
		before[edge[1]] = append(before[edge[1]], edge[2])
	}
	return before
}

// reaches says whether one resource waits for another, at once or by others.
func reaches(before map[string][]string, later, earlier string) bool {
	seen, queue := map[string]bool{}, []string{later}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		if slices.Contains(before[at], earlier) {
			return true
		}
		queue = append(queue, before[at]...)
	}
	return false
}
