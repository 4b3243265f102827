output "api_url" {
  description = "URL of the API inside the cluster."
  value       = local.api_url
  depends_on  = [helm_release.server]
}

output "endpoint" {
  description = "URL of the API outside the cluster, for endpoint of the prefect provider; null without exposure, where port_forward leads to it."
  value       = local.endpoint
  depends_on  = [helm_release.server, helm_release.load_balancers]
}

output "port_forward" {
  description = "For port_forward of the prefect provider: reaches the API through the cluster's own API, whatever the exposure."
  value = {
    namespace = var.namespace
    service   = local.service.apollo
    port      = 4200
  }
  depends_on = [helm_release.server]
}

output "ui_url" {
  description = "URL of the UI; null without exposure, where `kubectl port-forward` of both services leads to it."
  value       = local.ui_url
  depends_on  = [helm_release.server, helm_release.load_balancers]
}

output "ui_api_url" {
  description = "URL at which the UI's pages look for the API, in the browser."
  value       = local.ui_api_url
}

output "agent_env" {
  description = "What an agent of your own needs in its environment, inside the cluster: the API, the backend and the labels. With network policies, clients has to name its namespace."
  value = {
    PREFECT__CLOUD__API           = local.api_url
    PREFECT__BACKEND              = "server"
    PREFECT__CLOUD__AGENT__LABELS = jsonencode(var.agent.labels)
  }
}

output "namespace" {
  description = "Namespace of the release and of its agent's Jobs."
  value       = var.namespace
  depends_on  = [helm_release.server]
}

output "release" {
  description = "Name and revision status of the Helm release."
  value = {
    name   = helm_release.server.name
    status = helm_release.server.status
  }
}

output "service_account" {
  description = "Service account of the agents and, in the release's namespace, of the Jobs they start."
  value       = "${var.name}-serviceaccount"
}
