# The agents, one for each namespace that Jobs are started in.
locals {
  # Runs have a namespace of their own: in the release's, a flow's run configuration could name the agents' account, or mount the
  # Secret with the database's password.
  flows_namespace = coalesce(var.agent.job_namespace, "${substr(var.namespace, 0, 57)}-flows")

  # What each agent has of its own, by the namespace in which it starts Jobs: a name, which is the Deployment's too (as a name of a
  # Service would be, at most 63 characters), and labels.
  agent_names = merge({ (local.flows_namespace) = "${var.name}-agent" }, {
    for namespace, name in { for namespace in keys(var.agent.namespaces) : namespace => "${var.name}-agent-${namespace}" } :
    namespace => length(name) <= 63 ? name : "${substr(name, 0, 52)}-${substr(sha1(name), 0, 10)}"
  })
  agent_labels = {
    for namespace, labels in merge({ (local.flows_namespace) = var.agent.labels }, {
      for namespace, agent in var.agent.namespaces : namespace => agent.labels == null ? [namespace] : agent.labels
    }) : namespace => labels if var.agent.enabled
  }
  # Server gives a run to whichever agent asks first of those that have all of its labels, and a run without labels to one without.
  # An agent all of whose labels another has, too, cannot have a run to itself.
  agent_conflicts = distinct(flatten([
    for namespace, labels in local.agent_labels : [
      for other, others in local.agent_labels : join(" and ", sort(["${namespace} ${jsonencode(labels)}", "${other} ${jsonencode(others)}"]))
      if namespace != other && (length(labels) == 0 ? length(others) == 0 : length(setsubtract(labels, others)) == 0)
    ]
  ]))

  # null removes the charts' own limit, which would otherwise stay.
  agent_resources = {
    requests = var.agent.resources.requests
    limits   = merge({ memory = null }, var.agent.resources.limits)
  }

  # Runs have an account without rights; the agents' may do everything with pods and Jobs.
  service_accounts = { agents = "${var.name}-serviceaccount", flows = "${var.name}-flows" }

  tolerations = {
    for whose, list in { server = var.tolerations, agents = var.agent.tolerations, jobs = var.agent.job_tolerations } :
    whose => [for toleration in list : { for name, value in toleration : name => value if value != null }]
  }

  # What the agents make Jobs of.
  job_template = yamlencode({
    apiVersion = "batch/v1"
    kind       = "Job"
    spec = {
      template = {
        metadata = { labels = var.agent.job_pod_labels }
        spec = {
          nodeSelector = var.agent.job_node_selector
          tolerations  = local.tolerations.jobs
          containers = [merge(
            { name = "flow", resources = var.agent.job_resources },
            { for name, value in { image = var.agent.job_image, imagePullPolicy = var.agent.job_image_pull_policy } : name => value if value != null },
          )]
        }
      }
    }
  })
}
