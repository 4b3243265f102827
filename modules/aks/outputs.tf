output "id" {
  description = "Id of the cluster. Available only after its pools, because the cluster cannot be changed before they exist."
  value       = azurerm_kubernetes_cluster.this.id
  depends_on  = [azurerm_kubernetes_cluster_node_pool.this]
}

output "name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "fqdn" {
  description = "DNS name of the Kubernetes API: the private one of a private cluster, unless it has no DNS zone."
  value       = var.private_cluster_enabled && var.private_dns_zone_id != "None" ? azurerm_kubernetes_cluster.this.private_fqdn : azurerm_kubernetes_cluster.this.fqdn
}

output "current_kubernetes_version" {
  description = "Version of Kubernetes that the cluster runs."
  value       = azurerm_kubernetes_cluster.this.current_kubernetes_version
}

output "kubernetes" {
  description = "How to reach the Kubernetes API, in the attribute names of the helm and prefect providers: host, cluster_ca_certificate (PEM), and exec, which signs in with kubelogin as kubelogin_login says. Available only after the pools and the roles on the cluster."
  value = {
    host                   = azurerm_kubernetes_cluster.this.kube_config[0].host
    cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate)
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "kubelogin"
      # The application id of AKS's own sign-in, the same in every tenant.
      args = concat(["get-token"], var.kubelogin_login == "environment" ? [] : ["--login", var.kubelogin_login], ["--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"])
    }
  }
  sensitive = true
  # Users of these need the nodes and the roles to exist. Azure may take minutes longer to apply a role.
  depends_on = [azurerm_kubernetes_cluster_node_pool.this, azurerm_role_assignment.cluster_admin]
}

output "client_certificate" {
  description = "The user's client certificate and key (PEM) as Azure hands them out; both null where users sign in with Entra ID, as by default."
  value = {
    client_certificate = try(base64decode(azurerm_kubernetes_cluster.this.kube_config[0].client_certificate), null)
    client_key         = try(base64decode(azurerm_kubernetes_cluster.this.kube_config[0].client_key), null)
  }
  sensitive  = true
  depends_on = [azurerm_kubernetes_cluster_node_pool.this, azurerm_role_assignment.cluster_admin]
}

output "kube_config_raw" {
  description = "The user's kubeconfig file; with Entra ID it contains no secret and needs kubelogin."
  value       = azurerm_kubernetes_cluster.this.kube_config_raw
  sensitive   = true
  depends_on  = [azurerm_kubernetes_cluster_node_pool.this, azurerm_role_assignment.cluster_admin]
}

output "oidc_issuer_url" {
  description = "Issuer of the service accounts' tokens, for federated credentials of workload identities."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "kubelet_object_id" {
  description = "Object id of the identity with which nodes pull images: what AcrPull is granted to."
  value       = one(azurerm_kubernetes_cluster.this.kubelet_identity[*].object_id)
}

output "identity_principal_id" {
  description = "Object id of the control plane's system-assigned identity; null with a user-assigned one."
  value       = length(var.identity_ids) == 0 ? one(azurerm_kubernetes_cluster.this.identity[*].principal_id) : null
}

output "node_resource_group" {
  description = "Name of the resource group in which Azure keeps the nodes."
  value       = azurerm_kubernetes_cluster.this.node_resource_group
}
