# The UI and the API under one name, for people: https://HOST/ and https://HOST/graphql, inside the virtual network, with a certificate
# from Key Vault. Prefect Server has no login, so a proxy signs people in first (oauth2-proxy, with your tenant); nothing but the
# proxy may connect to the Server from outside. Terraform and agents do not pass it: they use the cluster's API and its network.
#
# You bring: a certificate for the name in a Key Vault that uses Azure RBAC, and an app registration for the sign-in, with the redirect
# URI https://HOST/oauth2/callback, the optional claim "groups", and a federated credential for the output sign_in_subject.

module "stack" {
  source = "../../modules/stack"

  name              = var.name
  location          = "westeurope"
  database_password = var.database_password

  cluster = {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = var.api_server_ranges
    cluster_admin_principal_ids     = { administrator = var.administrator_object_id }
  }
  prefect = {
    database_existing_secret = module.database_secret.name
    agent                    = { labels = ["aks"] }
    # The browser finds the API beside the UI, and the proxy alone gets through the network policies.
    ui_api_url = "https://${var.host}/graphql"
    clients    = [{ namespace = local.sign_in.namespace, pod_labels = { "app.kubernetes.io/name" = "oauth2-proxy" }, ui = true }]
  }
}

module "database_secret" {
  source = "../../modules/database-secret"

  password = var.database_password
}

module "gateway_api" {
  source = "../../modules/aks-gateway-api"

  cluster_id = module.stack.cluster.id
}

locals {
  sign_in = { namespace = "sign-in", account = "oauth2-proxy", gateway_account = "gateway-certificate" }
  # An address of the nodes' network that nothing else gets: Azure gives them out from the beginning.
  address = cidrhost(module.stack.network.nodes, -10)
}

# With this identity the routing add-on fetches the certificate, and each renewal of it.
resource "azurerm_user_assigned_identity" "certificate" {
  name                = "${var.name}-certificate"
  resource_group_name = module.stack.resource_group_name
  location            = "westeurope"
}

resource "azurerm_role_assignment" "certificate" {
  scope                = var.certificate.key_vault_id
  role_definition_name = "Key Vault Certificate User"
  principal_id         = azurerm_user_assigned_identity.certificate.principal_id

  skip_service_principal_aad_check = true
}

resource "azurerm_federated_identity_credential" "certificate" {
  name                      = "gateway"
  user_assigned_identity_id = azurerm_user_assigned_identity.certificate.id
  issuer                    = module.stack.cluster.oidc_issuer_url
  subject                   = "system:serviceaccount:${local.sign_in.namespace}:${local.sign_in.gateway_account}"
  audience                  = ["api://AzureADTokenExchange"]
}

# The name, in the network. Link the zone to further networks, or make the record where your resolvers look.
resource "azurerm_private_dns_zone" "this" {
  name                = var.host
  resource_group_name = module.stack.resource_group_name
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  name                = "prefect"
  private_dns_zone_id = azurerm_private_dns_zone.this.id
  virtual_network_id  = module.stack.network.id
}

resource "azurerm_private_dns_a_record" "this" {
  name                = "@"
  private_dns_zone_id = azurerm_private_dns_zone.this.id
  ttl                 = 300
  records             = [local.address]
}

resource "helm_release" "sign_in" {
  name             = "sign-in"
  namespace        = local.sign_in.namespace
  create_namespace = true
  chart            = "${path.module}/sign-in"

  values = [yamlencode({
    host = var.host
    gateway = {
      className = module.gateway_api.gateway_class_name
      address   = local.address
      tlsOptions = {
        "kubernetes.azure.com/tls-cert-keyvault-uri"    = var.certificate.uri
        "kubernetes.azure.com/tls-cert-service-account" = local.sign_in.gateway_account
      }
      serviceAccount = { name = local.sign_in.gateway_account, clientId = azurerm_user_assigned_identity.certificate.client_id }
    }
    signIn    = { tenantId = var.sign_in.tenant_id, clientId = var.sign_in.client_id, groups = var.sign_in.group_object_ids, serviceAccount = local.sign_in.account }
    upstreams = { ui = "http://prefect-ui.prefect:8080/", api = module.stack.prefect.api_url }
  })]

  depends_on = [azurerm_role_assignment.certificate, azurerm_federated_identity_credential.certificate]
}

resource "prefect_tenant" "default" {
  name = "default"
  slug = "default"
}

output "url" {
  description = "Where people find the UI."
  value       = "https://${var.host}"
}

output "sign_in_subject" {
  description = "Issuer and subject of the federated credential that the app registration needs."
  value = {
    issuer  = module.stack.cluster.oidc_issuer_url
    subject = "system:serviceaccount:${local.sign_in.namespace}:${local.sign_in.account}"
  }
}
