# The namespaces of runs, each with what the agent for it may do there, unless the release's own is one. Helm makes a namespace but
# never deletes it: runs are history.
locals {
  job_namespaces  = distinct(concat([local.flows_namespace], keys(var.agent.namespaces)))
  namespace_chart = "${path.module}/charts/agent-namespace"
}

resource "helm_release" "namespace" {
  for_each = toset([for namespace in local.job_namespaces : namespace if var.agent.enabled && namespace != var.namespace])

  name             = "${var.name}-agent"
  namespace        = each.key
  create_namespace = var.agent.create_namespaces
  chart            = local.namespace_chart
  timeout          = var.timeout_seconds

  values = [yamlencode({
    release        = var.name
    namespace      = var.namespace
    serviceAccount = local.service_accounts.agents
    flows = {
      serviceAccount = local.service_accounts.flows
      annotations    = coalesce(try(var.agent.namespaces[each.key].flows_service_account, null), var.agent.flows_service_account).annotations
      automountToken = coalesce(try(var.agent.namespaces[each.key].flows_service_account, null), var.agent.flows_service_account).automount_token

      evictionAllowed = var.agent.job_eviction_allowed
    }
    templates = sha1(join("", [
      for file in sort(tolist(fileset(local.namespace_chart, "templates/*"))) : sha1(replace(file("${local.namespace_chart}/${file}"), "\r\n", "\n"))
    ]))
  })]
}

resource "helm_release" "server" {
  name             = var.name
  namespace        = var.namespace
  create_namespace = var.create_namespace
  repository       = local.own_chart || local.chart_is_reference ? null : var.chart.repository
  chart            = local.own_chart ? local.chart_directory : local.chart_is_file ? pathexpand(var.chart.name) : var.chart.name
  version          = local.own_chart || local.chart_is_file ? null : var.chart.version
  timeout          = var.timeout_seconds
  wait             = true

  # The password is in password_override.tf.json, as set_sensitive.
  values = concat([yamlencode(local.values), local.own_chart ? yamlencode(local.additions) : yamlencode(local.published_values)], var.values)

  lifecycle {
    precondition {
      condition     = !local.embedded || var.embedded_database_acknowledged
      error_message = "No database is given. Pass the output database of the module postgresql (or host, name and user of another server) as database; or, for a trial whose data may be lost at any time, set embedded_database_acknowledged = true."
    }
    precondition {
      condition     = (var.database_password == null) != (var.database_existing_secret == null)
      error_message = "Give the database's password in exactly one way: database_password, or database_existing_secret with the name of a Secret that holds it under the key postgres-password."
    }
    precondition {
      condition     = !(local.routed && local.tls) || startswith(local.ui_api_url, "https://")
      error_message = "The UI is served with TLS, so the browser refuses to talk to ${local.ui_api_url}. Give ui_api_url with https://, or leave it out."
    }
    precondition {
      condition     = var.exposure.mode != "ingress" || !var.network_policies_enabled || length(local.controller_namespaces) + length(local.allowed_cidrs) > 0
      error_message = "The network policies would keep the ingress controller out. Name the namespace of its pods in exposure.allowed_namespaces, or, where it runs outside the cluster, its addresses in exposure.allowed_cidrs. One in the network of the nodes needs policies of your own, with network_policies_enabled = false: policies of Kubernetes cannot tell nodes apart."
    }
    precondition {
      condition     = !contains(keys(var.agent.namespaces), local.flows_namespace)
      error_message = "agent.namespaces contains \"${local.flows_namespace}\", where the release's own agent already starts Jobs. Remove it, or have that agent start them in another namespace: agent.job_namespace."
    }
    precondition {
      condition     = var.agent.enabled || length(var.agent.namespaces) == 0
      error_message = "agent.namespaces asks for agents while agent.enabled = false. Set enabled = true or remove the namespaces."
    }
    precondition {
      condition     = length(local.agent_conflicts) == 0
      error_message = "Runs meant for the agent of one namespace would start in another: ${join("; ", local.agent_conflicts)}. An agent takes the runs all of whose labels it has; without labels, those that have none. Give each agent, in agent.labels and agent.namespaces[*].labels, a label that no other has (one of them may do without any); left out, the label of a further namespace is its name."
    }
  }

  depends_on = [helm_release.namespace, helm_release.companion]
}

check "database_is_kept" {
  assert {
    condition     = !local.embedded
    error_message = "The release runs its database in the cluster without a disk. It loses everything when its pod restarts; use it for trials only."
  }
}
