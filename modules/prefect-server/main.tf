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

  # An idle connection to the API server is cut by Azure's load balancer after minutes, which an agent without keep-alive
  # does not notice.
  agent_env = merge({ PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE = "true" }, var.agent.env)

  # null removes the chart's own limits, of which one that is not named here would otherwise stay: 100m of a processor starve
  # the agent.
  agent_resources = {
    requests = var.agent.resources.requests
    limits   = merge({ cpu = null, memory = null }, var.agent.resources.limits)
  }

  service = { apollo = "${var.name}-apollo", ui = "${var.name}-ui" }
  api_url = "http://${local.service.apollo}.${var.namespace}:4200/graphql"

  tls    = try(length(var.exposure.tls_secret_name) > 0, false)
  scheme = local.tls ? "https" : "http"
  lb     = var.exposure.mode == "internal_lb"
  routed = contains(["ingress", "gateway"], var.exposure.mode)

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

  lb_annotations = {
    for component, ip in { apollo = var.exposure.api_ip, ui = var.exposure.ui_ip } : component => merge(
      local.lb ? { "service.beta.kubernetes.io/azure-load-balancer-internal" = "true" } : {},
      local.lb && ip != null ? { "service.beta.kubernetes.io/azure-load-balancer-ipv4" = ip } : {},
    )
  }

  # seccomp is the one setting that holds for all of the chart's images; it is set on pods, because the chart's templates for
  # containers' security contexts give broken YAML. So does that for the agent's pod, which therefore has none.
  pod_security_context = { seccompProfile = { type = "RuntimeDefault" } }
  tls_env              = local.embedded ? [] : [{ name = "PGSSLMODE", value = var.database.sslmode }]

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
        primary            = { service = { ports = { postgresql = local.embedded ? 5432 : var.database.port } } }
      },
      # Bitnami moved the image that the chart names.
      local.embedded ? { image = { registry = coalesce(var.image_registry, "docker.io"), repository = "bitnamilegacy/postgresql" } } : {},
    )

    hasura = {
      image              = { name = local.images.hasura, pullPolicy = var.image_pull_policy }
      service            = { type = "ClusterIP" }
      podSecurityContext = local.pod_security_context
      # The console would let anybody in the cluster edit the database; later entries win.
      env = concat(local.tls_env, [{ name = "HASURA_GRAPHQL_ENABLE_CONSOLE", value = "false" }])
    }

    graphql = {
      image              = { name = local.images.graphql, pullPolicy = var.image_pull_policy }
      service            = { type = "ClusterIP" }
      podSecurityContext = local.pod_security_context
      env                = local.tls_env
      init               = { env = local.tls_env }
    }

    towel = {
      image              = { name = local.images.towel, pullPolicy = var.image_pull_policy }
      podSecurityContext = local.pod_security_context
    }

    apollo = {
      image              = { name = local.images.apollo, pullPolicy = var.image_pull_policy }
      options            = { telemetryEnabled = var.telemetry_enabled }
      service            = { type = local.lb ? "LoadBalancer" : "ClusterIP", port = 4200 }
      annotations        = local.lb_annotations.apollo
      podSecurityContext = local.pod_security_context
    }

    ui = {
      image              = { name = local.images.ui, pullPolicy = var.image_pull_policy }
      apolloApiUrl       = local.ui_api_url
      service            = { type = local.lb ? "LoadBalancer" : "ClusterIP", port = 8080 }
      annotations        = local.lb_annotations.ui
      podSecurityContext = local.pod_security_context
    }

    agent = {
      enabled       = var.agent.enabled
      prefectLabels = var.agent.labels
      image         = { name = local.images.agent, pullPolicy = var.image_pull_policy }
      env           = [for name, value in local.agent_env : { name = name, value = value }]
      resources     = local.agent_resources
      job = {
        imagePullPolicy  = var.agent.job_image_pull_policy
        imagePullSecrets = var.agent.job_image_pull_secrets
        resources = {
          for kind in ["requests", "limits"] : kind => {
            for unit in ["cpu", "memory"] : unit => lookup(var.agent.job_resources[kind], unit, "")
          }
        }
      }
    }

    jobs = {
      createTenant = {
        enabled            = var.tenant_job.enabled
        tenant             = { name = var.tenant_job.name, slug = var.tenant_job.slug }
        image              = { name = local.images.agent, pullPolicy = var.image_pull_policy }
        podSecurityContext = local.pod_security_context
      }
    }
  }

  support_values = {
    release   = var.name
    namespace = var.namespace
    # Makes Helm upgrade when only the templates have changed.
    templates = sha1(join("", [for file in sort(fileset("${path.module}/chart", "templates/*")) : filesha1("${path.module}/chart/${file}")]))
    secret    = { create = var.database_existing_secret == null, name = local.secret_name }
    networkPolicies = {
      enabled           = var.network_policies_enabled
      embeddedDatabase  = local.embedded
      jobNamespaces     = concat([var.namespace], sort(var.agent.namespaces))
      allowedNamespaces = local.routed ? distinct(concat(var.exposure.allowed_namespaces, compact([coalesce(var.exposure.gateway_namespace, var.namespace)]))) : []
      allowedCidrs      = local.lb ? var.exposure.allowed_cidrs : []
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
      public           = coalesce(var.exposure.public, false)
    }
    agents = {
      namespaces       = var.agent.enabled ? sort(var.agent.namespaces) : []
      serviceAccount   = "${var.name}-serviceaccount"
      image            = "${local.images.agent}:${var.prefect_version}"
      imagePullPolicy  = var.image_pull_policy
      imagePullSecrets = var.image_pull_secrets
      labels           = jsonencode(var.agent.labels)
      env              = local.agent_env
      resources        = var.agent.resources
      apiUrl           = local.api_url
      jobEnv = { for name, value in {
        JOB_CPU_REQUEST    = lookup(var.agent.job_resources.requests, "cpu", "")
        JOB_CPU_LIMIT      = lookup(var.agent.job_resources.limits, "cpu", "")
        JOB_MEM_REQUEST    = lookup(var.agent.job_resources.requests, "memory", "")
        JOB_MEM_LIMIT      = lookup(var.agent.job_resources.limits, "memory", "")
        IMAGE_PULL_POLICY  = var.agent.job_image_pull_policy
        IMAGE_PULL_SECRETS = join(",", var.agent.job_image_pull_secrets)
      } : name => value if value != "" }
    }
  }
}

# Further namespaces, each with what the agent for it may do there. Helm makes a namespace but never deletes it: runs are history.
resource "helm_release" "namespace" {
  for_each = var.agent.enabled ? var.agent.namespaces : []

  name             = "${var.name}-agent"
  namespace        = each.value
  create_namespace = var.agent.create_namespaces
  chart            = "${path.module}/namespace-chart"
  timeout          = var.timeout_seconds

  values = [yamlencode({
    release        = var.name
    namespace      = var.namespace
    serviceAccount = "${var.name}-serviceaccount"
    templates      = sha1(join("", [for file in sort(fileset("${path.module}/namespace-chart", "templates/*")) : filesha1("${path.module}/namespace-chart/${file}")]))
  })]
}

# What the chart lacks: the database's password, network policies, routes, and agents of further namespaces.
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
      condition     = !contains(var.agent.namespaces, var.namespace)
      error_message = "agent.namespaces contains \"${var.namespace}\", where the release's own agent already starts Jobs. Remove it."
    }
    precondition {
      condition     = var.agent.enabled || length(var.agent.namespaces) == 0
      error_message = "agent.namespaces asks for agents while agent.enabled = false. Set enabled = true or remove the namespaces."
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

check "database_is_kept" {
  assert {
    condition     = !local.embedded
    error_message = "The release runs its database in the cluster without a disk. It loses everything when its pod restarts; use it for trials only."
  }
}
