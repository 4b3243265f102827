output "api_url" {
  description = "URL of the API inside the cluster."
  value       = local.api_url
  depends_on  = [helm_release.server]
}

output "endpoint" {
  description = "URL of the API outside the cluster, for endpoint of the prefect provider; null without exposure, where port_forward leads to it."
  value       = local.endpoint
  depends_on  = [helm_release.server]
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
  depends_on  = [helm_release.server]
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
  description = "Namespace of the release."
  value       = var.namespace
  depends_on  = [helm_release.server]
}

output "flows_namespace" {
  description = "Namespace in which the release's agent starts Jobs, for kubernetes.namespace of the prefect provider."
  value       = local.flows_namespace
  depends_on  = [helm_release.server]
}

output "release" {
  description = "Name and revision status of the Helm release."
  value = {
    name   = helm_release.server.name
    status = helm_release.server.status
  }
}

output "agent_labels" {
  description = "Labels of the agents by the namespace in which they start Jobs: a flow with these labels runs there."
  value       = local.agent_labels
}

output "service_account" {
  description = "Service account of the Server's pods and of the agents. It may start Jobs in flows_namespace and in each of agent.namespaces, so flows should not run as it."
  value       = local.service_accounts.agents
}

output "flows_service_account" {
  description = "Service account of runs of flows, in flows_namespace and in each of agent.namespaces. For workload identity the subject is system:serviceaccount:NAMESPACE: and this name."
  value       = local.service_accounts.flows
}
