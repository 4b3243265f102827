output "resource_group_name" {
  description = "Name of the resource group of everything."
  value       = azurerm_resource_group.this.name
}

output "kubernetes" {
  description = "How to reach the cluster, in the attribute names of the helm and prefect providers: host, cluster_ca_certificate, exec."
  value       = module.aks.kubernetes
  sensitive   = true
}

output "client_certificate" {
  description = "Client certificate and key of the cluster's user; null with Entra ID, as by default."
  value       = module.aks.client_certificate
  sensitive   = true
}

output "cluster" {
  description = "The cluster: id (available when its pools are), name, OIDC issuer and the resource group of its nodes."
  value = {
    id                  = module.aks.id
    name                = module.aks.name
    oidc_issuer_url     = module.aks.oidc_issuer_url
    node_resource_group = module.aks.node_resource_group
  }
}

output "network" {
  description = "The virtual network: id, name, and the ids of the subnets nodes, database and private_endpoint; nodes is the range of the nodes' subnet."
  value = {
    id    = azurerm_virtual_network.this.id
    name  = azurerm_virtual_network.this.name
    nodes = local.subnets.nodes
    subnet_ids = {
      nodes            = azurerm_subnet.nodes.id
      database         = azurerm_subnet.database.id
      private_endpoint = azurerm_subnet.private_endpoint.id
    }
  }
}

output "registry" {
  description = "The registry: id, host, the flow image that registry.build made, whether the Server's images come from it, and the object id of the identity that reads registry.cache_credentials."
  value = {
    id                          = module.acr.id
    login_server                = module.acr.login_server
    flow_image                  = module.acr.flow_image
    mirrors                     = local.mirror_images
    credential_set_principal_id = module.acr.credential_set_principal_id
  }
}

output "database" {
  description = "The database server: id and host name."
  value = {
    id   = module.postgresql.id
    host = module.postgresql.database.host
  }
}

output "prefect" {
  description = "The Server: namespace of the release, namespace of Jobs, URL inside the cluster, URL outside (null without exposure), port_forward for the prefect provider, labels of the agents by namespace, and the service account of runs."
  value = {
    namespace       = module.prefect_server.namespace
    flows_namespace = module.prefect_server.flows_namespace
    api_url         = module.prefect_server.api_url
    endpoint        = module.prefect_server.endpoint
    ui_url          = module.prefect_server.ui_url
    port_forward    = module.prefect_server.port_forward
    agent_env       = module.prefect_server.agent_env
    agent_labels    = module.prefect_server.agent_labels

    flows_service_account = module.prefect_server.flows_service_account
  }
}
