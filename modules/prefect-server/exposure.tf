# Where the API and the UI are, inside the cluster and outside.
locals {
  service = { apollo = "${var.name}-apollo", ui = "${var.name}-ui" }
  api_url = "http://${local.service.apollo}.${var.namespace}:4200/graphql"

  tls    = try(length(var.exposure.tls_secret_name) > 0, false)
  scheme = local.tls ? "https" : "http"
  lb     = var.exposure.mode == "internal_lb"
  routed = contains(["ingress", "gateway"], var.exposure.mode)

  # The pods of an ingress controller are anywhere; those of a gateway usually in its own namespace.
  controller_namespaces = distinct(concat(
    var.exposure.allowed_namespaces, var.exposure.mode == "gateway" ? [coalesce(var.exposure.gateway_namespace, var.namespace)] : [],
  ))
  allowed_cidrs = var.exposure.allowed_cidrs != null ? var.exposure.allowed_cidrs : (
    local.lb ? ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] : []
  )

  # The UI and the API may share a name, where the API has /graphql alone.
  # Where the API is for somebody outside the cluster; null when only port forwarding leads there.
  endpoint = (
    local.routed ? "${local.scheme}://${var.exposure.api_host}" :
    local.lb ? "http://${coalesce(var.exposure.api_host, var.exposure.api_ip)}:4200" : null
  )
  # The default suits `kubectl port-forward service/NAME-apollo 4200`.
  ui_api_url = coalesce(var.ui_api_url, "${coalesce(local.endpoint, "http://localhost:4200")}/graphql")
  ui_url = (
    local.routed ? "${local.scheme}://${var.exposure.ui_host}" :
    local.lb && length(compact([var.exposure.ui_host, var.exposure.ui_ip])) > 0 ?
    "http://${coalesce(var.exposure.ui_host, var.exposure.ui_ip)}:8080" : null
  )
}
