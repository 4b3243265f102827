# Further namespaces, each with what the agent for it may do there. Helm makes a namespace but never deletes it: runs are history.
resource "helm_release" "namespace" {
  for_each = { for namespace, agent in var.agent.namespaces : namespace => agent if var.agent.enabled }

  name             = "${var.name}-agent"
  namespace        = each.key
  create_namespace = var.agent.create_namespaces
  chart            = "${path.module}/namespace-chart"
  timeout          = var.timeout_seconds

  values = [yamlencode({
    release        = var.name
    namespace      = var.namespace
    serviceAccount = local.service_accounts.agents
    flows = {
      serviceAccount = local.service_accounts.flows
      annotations    = coalesce(each.value.flows_service_account, var.agent.flows_service_account).annotations
      automountToken = coalesce(each.value.flows_service_account, var.agent.flows_service_account).automount_token
    }
    templates = sha1(join("", [for file in sort(fileset("${path.module}/namespace-chart", "templates/*")) : filesha1("${path.module}/namespace-chart/${file}")]))
  })]
}

# What the chart lacks: the database's password, network policies, routes, the template of Jobs, the account of runs, and agents of
# further namespaces.
resource "helm_release" "support" {
  name             = "${var.name}-support"
  namespace        = var.namespace
  create_namespace = var.create_namespace
  chart            = "${path.module}/chart"
  timeout          = var.timeout_seconds
  # Its agents only become ready with the Server, which is released after it.
  wait = false

  # The password is in support_override.tf.json, as set_sensitive.
  values = [yamlencode(local.support_values)]

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
      condition     = !contains(keys(var.agent.namespaces), var.namespace)
      error_message = "agent.namespaces contains \"${var.namespace}\", where the release's own agent already starts Jobs. Remove it."
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

  depends_on = [helm_release.namespace]
}

resource "helm_release" "server" {
  name       = var.name
  namespace  = var.namespace
  repository = local.chart_is_reference ? null : var.chart.repository
  chart      = local.chart_is_reference && !startswith(var.chart.name, "oci://") ? pathexpand(var.chart.name) : var.chart.name
  version    = local.chart_is_reference && !startswith(var.chart.name, "oci://") ? null : var.chart.version
  timeout    = var.timeout_seconds
  wait       = true

  values = concat([yamlencode(local.values)], var.values)

  # The password must be there when the pods start, the policies before anything listens.
  depends_on = [helm_release.support]
}

# Addresses in the virtual network. The chart's own Services would hide who connects: they let any node pass traffic on.
resource "helm_release" "load_balancers" {
  count = local.lb ? 1 : 0

  name             = "${var.name}-addresses"
  namespace        = var.namespace
  create_namespace = var.create_namespace
  chart            = "${path.module}/addresses-chart"
  timeout          = var.timeout_seconds
  wait             = true # for the addresses

  values = [yamlencode({
    release     = var.name
    templates   = sha1(join("", [for file in sort(fileset("${path.module}/addresses-chart", "templates/*")) : filesha1("${path.module}/addresses-chart/${file}")]))
    annotations = var.exposure.annotations
    ranges      = local.allowed_cidrs
    ips         = { for service, ip in { apollo = var.exposure.api_ip, ui = var.exposure.ui_ip } : service => ip if ip != null }
  })]

  depends_on = [helm_release.support]
}

check "values_keep_what_the_module_sets" {
  assert {
    condition     = length(local.undone) == 0
    error_message = "values sets ${join(", ", local.undone)}, which replaces what this module has there: TLS to the database, Hasura without its console, the agent's service account, or names that network policies, routes and outputs rely on. Use components.NAME.env and agent.env for environment variables, and leave out the rest."
  }
}

check "database_is_kept" {
  assert {
    condition     = !local.embedded
    error_message = "The release runs its database in the cluster without a disk. It loses everything when its pod restarts; use it for trials only."
  }
}
