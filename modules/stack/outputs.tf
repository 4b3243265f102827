output "resource_group_name" {
  description = "Name of the resource group of everything."
  value       = azurerm_resource_group.this.name
}

output "kubernetes" {
  description = "How to reach the cluster, in the attribute names of the helm and prefect providers: host, cluster_ca_certificate, exec (null with an existing cluster)."
  value = local.new.cluster ? module.aks[0].kubernetes : {
    host                   = data.azurerm_kubernetes_cluster.existing[0].kube_config[0].host
    cluster_ca_certificate = base64decode(data.azurerm_kubernetes_cluster.existing[0].kube_config[0].cluster_ca_certificate)
    exec                   = null
  }
  sensitive = true
}

output "client_certificate" {
  description = "Client certificate and key of the cluster's user; null with Entra ID, as by default."
  value = local.new.cluster ? module.aks[0].client_certificate : {
    client_certificate = try(base64decode(data.azurerm_kubernetes_cluster.existing[0].kube_config[0].client_certificate), null)
    client_key         = try(base64decode(data.azurerm_kubernetes_cluster.existing[0].kube_config[0].client_key), null)
  }
  sensitive = true
}

output "cluster" {
  description = "The cluster: id (available when its pools are), name, OIDC issuer and the resource group of its nodes."
  value = local.new.cluster ? {
    id                  = module.aks[0].id
    name                = module.aks[0].name
    oidc_issuer_url     = module.aks[0].oidc_issuer_url
    node_resource_group = module.aks[0].node_resource_group
    } : {
    id                  = data.azurerm_kubernetes_cluster.existing[0].id
    name                = data.azurerm_kubernetes_cluster.existing[0].name
    oidc_issuer_url     = data.azurerm_kubernetes_cluster.existing[0].oidc_issuer_url
    node_resource_group = data.azurerm_kubernetes_cluster.existing[0].node_resource_group
  }
}

output "network" {
  description = "The virtual network: id, name, and the ids of the subnets nodes, database and private_endpoint; nodes is the range of the nodes' subnet. With existing subnets, only their ids; the rest is null."
  value = {
    id         = one(azurerm_virtual_network.this[*].id)
    name       = one(azurerm_virtual_network.this[*].name)
    nodes      = local.new.network ? local.subnets.nodes : null
    subnet_ids = local.subnet_ids
  }
}

output "registry" {
  description = "The registry: id, host, the flow image that registry.build made, whether the Server's images come from it, and the object id of the identity that reads registry.cache_credentials."
  value = {
    id                          = local.registry_id
    login_server                = local.registry.login_server
    flow_image                  = one(module.acr[*].flow_image)
    mirrors                     = local.mirror_images
    credential_set_principal_id = one(module.acr[*].credential_set_principal_id)
  }
}

output "database" {
  description = "The database server: id and host name."
  value = {
    id   = local.new.database ? module.postgresql[0].id : data.azurerm_postgresql_flexible_server.existing[0].id
    host = local.database.host
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
