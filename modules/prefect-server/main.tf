locals {
  embedded = var.database == null
  # A Secret of this module's, unless there is one already.
  secret_name = coalesce(var.database_existing_secret, "${var.name}-database")

  repository = var.image_registry == null ? "" : "${var.image_registry}/"
  images = {
    apollo  = "${local.repository}prefecthq/apollo"
    graphql = "${local.repository}prefecthq/server"
    towel   = "${local.repository}prefecthq/server"
    ui      = "${local.repository}prefecthq/ui"
    agent   = "${local.repository}prefecthq/prefect"
    hasura  = "${local.repository}hasura/graphql-engine"
  }

  # chart.name alone is a path or an OCI reference; a repository only goes with a plain name.
  chart_is_reference = can(regex("^(oci://|[./~])|\\.tgz$", var.chart.name))

  # What each agent has of its own, by the namespace in which it starts Jobs: a name, which is the Deployment's too (as a name of a
  # Service would be, at most 63 characters), and labels.
  agent_names = merge({ (var.namespace) = "${var.name}-agent" }, {
    for namespace, name in { for namespace in keys(var.agent.namespaces) : namespace => "${var.name}-agent-${namespace}" } :
    namespace => length(name) <= 63 ? name : "${substr(name, 0, 52)}-${substr(sha1(name), 0, 10)}"
  })
  agent_labels = {
    for namespace, labels in merge({ (var.namespace) = var.agent.labels }, {
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

  # An idle connection to the API server is cut by Azure's load balancer after minutes, which an agent without keep-alive
  # does not notice.
  agent_env = {
    for namespace, name in local.agent_names :
    namespace => merge({ PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE = "true", PREFECT__CLOUD__AGENT__NAME = name }, var.agent.env)
  }

  # null removes the chart's own limits, of which one that is not named here would otherwise stay: 100m of a processor starve
  # the agent.
  agent_resources = {
    requests = var.agent.resources.requests
    limits   = merge({ cpu = null, memory = null }, var.agent.resources.limits)
  }

  # Runs have an account without rights; the agents' may do everything with pods and Jobs.
  service_accounts = { agents = "${var.name}-serviceaccount", flows = "${var.name}-flows" }

  tolerations = {
    for whose, list in { agents = var.agent.tolerations, jobs = var.agent.job_tolerations } :
    whose => [for toleration in list : { for name, value in toleration : name => value if value != null }]
  }

  # What the agents make Jobs of. From the environment, where the chart puts resources and the pull policy, agents have not read
  # them since Prefect 1.0.
  job_template_path = "/etc/prefect/job-template.yaml"
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
  # The kubelet does not renew a file that is mounted alone, as the chart mounts the template: a changed one needs new pods.
  job_template_annotations = { "checksum/job-template" = sha1(local.job_template) }

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

  # seccomp is the one setting that holds for all of the chart's images; it is set on pods, because the chart's templates for
  # containers' security contexts give broken YAML. So does that for the agent's pod, which therefore has none.
  pod_security_context = { seccompProfile = { type = "RuntimeDefault" } }

  database_env = local.embedded ? {} : merge(
    { PGSSLMODE = var.database.sslmode },
    var.database.root_certificate_file == null ? {} : { PGSSLROOTCERT = var.database.root_certificate_file },
  )

  # What each component asks for where nothing is said: enough for one that waits, so that the scheduler and the autoscaler
  # know of it, and without limits.
  requests = {
    hasura  = { cpu = "100m", memory = "256Mi" }
    graphql = { cpu = "100m", memory = "256Mi" }
    apollo  = { cpu = "100m", memory = "256Mi" }
    towel   = { cpu = "50m", memory = "128Mi" }
    ui      = { cpu = "20m", memory = "64Mi" }
  }
  # The console would let anybody in the cluster edit the database; later entries win.
  module_env = {
    hasura  = merge(local.database_env, { HASURA_GRAPHQL_ENABLE_CONSOLE = "false" })
    graphql = local.database_env
  }
  # What the chart's templates read alike for every component.
  component = {
    for name, requests in local.requests : name => {
      podSecurityContext = local.pod_security_context
      nodeSelector       = var.node_selector
      tolerations        = local.tolerations
      resources = {
        requests = merge(requests, try(var.components[name].resources.requests, {}))
        limits   = try(var.components[name].resources.limits, {})
      }
      env = [
        for key, value in merge(lookup(local.module_env, name, {}), try(var.components[name].env, {})) : { name = key, value = value }
      ]
      # A new password only reaches pods that start anew.
      podAnnotations = contains(["hasura", "graphql", "apollo", "towel"], name) ? { database-password-version = tostring(var.database_password_version) } : {}
    }
  }
  tolerations = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]

  database_auth = {
    username       = local.embedded ? "prefect" : var.database.user
    database       = local.embedded ? "prefect" : var.database.name
    existingSecret = local.secret_name
  }

  values = {
    prefectVersionTag = var.prefect_version
    imagePullSecrets  = [for name in var.image_pull_secrets : { name = name }]

    prefectConfig = merge(var.server_config, { telemetry = { enabled = tostring(var.telemetry_enabled) } })

    # The last release reads user, database and port under `auth` and `primary` for some variables and at the first level for
    # others, and the Secret at the first level, while its subchart reads `auth`; earlier releases only know the first level.
    postgresql = merge(
      {
        useSubChart        = local.embedded
        existingSecret     = local.secret_name
        postgresqlUsername = local.database_auth.username
        postgresqlDatabase = local.database_auth.database
        servicePort        = local.embedded ? 5432 : var.database.port
        externalHostname   = local.embedded ? "" : var.database.host
        auth               = local.database_auth
        primary = merge(
          { service = { ports = { postgresql = local.embedded ? 5432 : var.database.port } } },
          local.embedded ? { nodeSelector = var.node_selector, tolerations = local.tolerations } : null,
        )
      },
      # Bitnami moved the image that the chart names. Its subchart does not read imagePullSecrets of the chart.
      local.embedded ? {
        image = { registry = coalesce(var.image_registry, "docker.io"), repository = "bitnamilegacy/postgresql", pullSecrets = var.image_pull_secrets }
      } : {},
    )

    hasura = merge(local.component.hasura, {
      image   = { name = local.images.hasura, pullPolicy = var.image_pull_policy }
      service = { type = "ClusterIP" }
    })

    graphql = merge(local.component.graphql, {
      image   = { name = local.images.graphql, pullPolicy = var.image_pull_policy }
      service = { type = "ClusterIP" }
      init    = { env = local.component.graphql.env, resources = local.component.graphql.resources }
    })

    towel = merge(local.component.towel, {
      image = { name = local.images.towel, pullPolicy = var.image_pull_policy }
    })

    apollo = merge(local.component.apollo, {
      image   = { name = local.images.apollo, pullPolicy = var.image_pull_policy }
      service = { type = "ClusterIP", port = 4200 }
    })

    ui = merge(local.component.ui, {
      image        = { name = local.images.ui, pullPolicy = var.image_pull_policy }
      apolloApiUrl = local.ui_api_url
      service      = { type = "ClusterIP", port = 8080 }
    })

    agent = {
      enabled       = var.agent.enabled
      prefectLabels = var.agent.labels
      image         = { name = local.images.agent, pullPolicy = var.image_pull_policy }
      # The chart has runs use the release's own account; later entries win.
      env = concat(
        [for name, value in local.agent_env[var.namespace] : { name = name, value = value }],
        [{ name = "SERVICE_ACCOUNT_NAME", value = local.service_accounts.flows }],
      )
      resources                = local.agent_resources
      nodeSelector             = var.agent.node_selector
      tolerations              = local.tolerations.agents
      podAnnotations           = local.job_template_annotations
      jobTemplateFilePath      = local.job_template_path
      jobTemplateFileConfigMap = "${var.name}-job-template"
      job                      = { imagePullSecrets = var.agent.job_image_pull_secrets }
    }

    jobs = {
      createTenant = {
        enabled            = var.tenant_job.enabled
        tenant             = { name = var.tenant_job.name, slug = var.tenant_job.slug }
        image              = { name = local.images.agent, pullPolicy = var.image_pull_policy }
        podSecurityContext = local.pod_security_context
        nodeSelector       = var.node_selector
        tolerations        = local.tolerations
      }
    }
  }

  # Lists and names of the chart that a document of values would replace as a whole.
  undone = distinct(flatten([
    for document in var.values : [
      for path, set in {
        "hasura.env"                   = can(yamldecode(document).hasura.env)
        "graphql.env"                  = can(yamldecode(document).graphql.env)
        "graphql.init.env"             = can(yamldecode(document).graphql.init.env)
        "agent.env"                    = can(yamldecode(document).agent.env)
        "serviceAccount.name"          = can(yamldecode(document).serviceAccount.name)
        "serviceAccount.create"        = can(yamldecode(document).serviceAccount.create)
        "nameOverride"                 = can(yamldecode(document).nameOverride)
        "includeChartNameInComponents" = can(yamldecode(document).includeChartNameInComponents)
      } : path if set
    ]
  ]))

  support_values = {
    release   = var.name
    namespace = var.namespace
    # Makes Helm upgrade when only the templates have changed.
    templates = sha1(join("", [for file in sort(fileset("${path.module}/chart", "templates/*")) : filesha1("${path.module}/chart/${file}")]))
    secret    = { create = var.database_existing_secret == null, name = local.secret_name }
    networkPolicies = {
      enabled           = var.network_policies_enabled
      embeddedDatabase  = local.embedded
      jobNamespaces     = concat([var.namespace], keys(var.agent.namespaces))
      allowedNamespaces = local.routed ? local.controller_namespaces : []
      allowedCidrs      = local.routed || local.lb ? local.allowed_cidrs : []
      clients           = [for client in var.clients : { namespace = client.namespace, podLabels = client.pod_labels, ui = client.ui }]
    }
    exposure = {
      mode             = var.exposure.mode
      apiHost          = local.routed ? var.exposure.api_host : ""
      uiHost           = local.routed ? var.exposure.ui_host : ""
      className        = local.routed ? coalesce(var.exposure.class_name, "-") : ""
      gatewayName      = var.exposure.gateway_name == null ? "${var.name}-gateway" : var.exposure.gateway_name
      gatewayNamespace = coalesce(var.exposure.gateway_namespace, var.namespace)
      createGateway    = var.exposure.mode == "gateway" && var.exposure.gateway_name == null
      tlsSecretName    = local.tls ? var.exposure.tls_secret_name : ""
      annotations      = var.exposure.annotations
      addressAnnotations = merge(
        var.exposure.address_annotations,
        coalesce(var.exposure.public, false) ? {} : { "service.beta.kubernetes.io/azure-load-balancer-internal" = "true" },
      )
    }
    flows = {
      serviceAccount = local.service_accounts.flows
      annotations    = var.agent.flows_service_account.annotations
      automountToken = var.agent.flows_service_account.automount_token
    }
    agents = {
      enabled          = var.agent.enabled
      serviceAccount   = local.service_accounts.agents
      image            = "${local.images.agent}:${var.prefect_version}"
      imagePullPolicy  = var.image_pull_policy
      imagePullSecrets = var.image_pull_secrets
      resources        = var.agent.resources
      nodeSelector     = var.agent.node_selector
      tolerations      = local.tolerations.agents
      apiUrl           = local.api_url
      podAnnotations   = local.job_template_annotations
      jobTemplate      = { name = "${var.name}-job-template", path = local.job_template_path, content = local.job_template }
      namespaces = [
        for namespace in keys(var.agent.namespaces) : {
          namespace = namespace
          name      = local.agent_names[namespace]
          labels    = jsonencode(local.agent_labels[namespace])
          env = merge(
            local.agent_env[namespace],
            { SERVICE_ACCOUNT_NAME = local.service_accounts.flows },
            length(var.agent.job_image_pull_secrets) > 0 ? { IMAGE_PULL_SECRETS = join(",", var.agent.job_image_pull_secrets) } : {},
          )
        } if var.agent.enabled
      ]
    }
  }
}

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
      error_message = "The network policies would keep the ingress controller out. Name the namespace of its pods in exposure.allowed_namespaces, or, where it runs outside the cluster or in its nodes' network, its addresses in exposure.allowed_cidrs."
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
  chart      = var.chart.name
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
