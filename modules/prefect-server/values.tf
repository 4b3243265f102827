# What the releases are given: `values` under the names that our chart and the published one share, `additions` under those that
# only ours has. What only the published one needs is in published.tf.
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

  # What each component asks for where nothing is said: enough for one that waits, so that the scheduler and the autoscaler
  # know of it, and without limits.
  requests = {
    hasura  = { cpu = "100m", memory = "256Mi" }
    graphql = { cpu = "100m", memory = "256Mi" }
    apollo  = { cpu = "100m", memory = "256Mi" }
    towel   = { cpu = "50m", memory = "128Mi" }
    ui      = { cpu = "20m", memory = "64Mi" }
  }
  # What the charts read alike for every component.
  component = {
    for name, requests in local.requests : name => {
      image        = { name = local.images[name], pullPolicy = var.image_pull_policy }
      nodeSelector = var.node_selector
      tolerations  = local.tolerations.server
      resources = {
        # Where there is only a limit, Kubernetes requests as much.
        requests = merge(
          { for unit, amount in requests : unit => amount if !contains(keys(try(var.components[name].resources.limits, {})), unit) },
          try(var.components[name].resources.requests, {}),
        )
        limits = try(var.components[name].resources.limits, {})
      }
      env = [for key, value in try(var.components[name].env, {}) : { name = key, value = value }]
      # A new password only reaches pods that start anew.
      podAnnotations = contains(["hasura", "graphql"], name) ? { database-password-version = tostring(var.database_password_version) } : {}
    }
  }

  values = {
    prefectVersionTag = var.prefect_version
    imagePullSecrets  = [for name in var.image_pull_secrets : { name = name }]

    prefectConfig = merge(var.server_config, { telemetry = { enabled = tostring(var.telemetry_enabled) } })

    postgresql = merge(
      {
        useSubChart      = local.embedded
        externalHostname = local.embedded ? "" : var.database.host
        auth = {
          username       = local.embedded ? "prefect" : var.database.user
          database       = local.embedded ? "prefect" : var.database.name
          existingSecret = local.secret_name
        }
        primary = merge(
          { service = { ports = { postgresql = local.embedded ? 5432 : var.database.port } } },
          local.embedded ? { nodeSelector = var.node_selector, tolerations = local.tolerations.server } : null,
        )
      },
      # Where Bitnami has moved its images.
      local.embedded ? {
        image = { registry = coalesce(var.image_registry, "docker.io"), repository = "bitnamilegacy/postgresql", pullSecrets = var.image_pull_secrets }
      } : {},
    )

    hasura  = merge(local.component.hasura, { service = { type = "ClusterIP" } })
    graphql = merge(local.component.graphql, { service = { type = "ClusterIP" }, init = { resources = local.component.graphql.resources, env = local.component.graphql.env } })
    towel   = local.component.towel
    apollo  = merge(local.component.apollo, { service = { type = "ClusterIP", port = 4200 } })
    ui      = merge(local.component.ui, { service = { type = "ClusterIP", port = 8080 }, apolloApiUrl = local.ui_api_url })

    agent = {
      enabled       = var.agent.enabled
      prefectLabels = var.agent.labels
      image         = { name = local.images.agent, pullPolicy = var.image_pull_policy }
      env           = [for name, value in var.agent.env : { name = name, value = value }]
      resources     = local.agent_resources
      nodeSelector  = var.agent.node_selector
      tolerations   = local.tolerations.agents
      job           = { imagePullSecrets = var.agent.job_image_pull_secrets }
    }

    jobs = {
      createTenant = {
        enabled = var.tenant_job.enabled
        tenant  = { name = var.tenant_job.name, slug = var.tenant_job.slug }
        image   = { name = local.images.agent, pullPolicy = var.image_pull_policy }
      }
    }
  }

  chart_directory = "${path.module}/charts/prefect-server"
  additions = {
    # Makes Helm upgrade when only the chart has changed. Line ends are git's business, which may differ between two machines.
    templates = sha1(join("", [
      for file in sort(concat(tolist(fileset(local.chart_directory, "templates/*")), tolist(fileset(local.chart_directory, "files/*")), ["values.yaml"])) :
      sha1(replace(file("${local.chart_directory}/${file}"), "\r\n", "\n"))
    ]))

    postgresql = {
      sslmode             = local.embedded ? null : var.database.sslmode
      rootCertificateFile = local.embedded ? null : var.database.root_certificate_file
    }
    agent       = { jobNamespace = local.flows_namespace }
    jobTemplate = var.agent.enabled ? local.job_template : ""
    flows = {
      serviceAccount = local.service_accounts.flows
      annotations    = var.agent.flows_service_account.annotations
      automountToken = var.agent.flows_service_account.automount_token

      evictionAllowed = var.agent.job_eviction_allowed
    }
    agents = [
      for namespace in keys(var.agent.namespaces) : {
        namespace = namespace
        name      = local.agent_names[namespace]
        labels    = local.agent_labels[namespace]
      } if var.agent.enabled
    ]

    networkPolicies = {
      enabled           = var.network_policies_enabled
      jobNamespaces     = local.job_namespaces
      allowedNamespaces = local.routed ? local.controller_namespaces : []
      allowedCidrs      = local.routed || local.lb ? local.allowed_cidrs : []
      clients           = [for client in var.clients : { namespace = client.namespace, podLabels = client.pod_labels, ui = client.ui }]
    }
    loadBalancers = {
      enabled     = local.lb
      annotations = local.lb ? var.exposure.annotations : {}
      ranges      = local.lb ? local.allowed_cidrs : []
      ips         = { for service, ip in { apollo = var.exposure.api_ip, ui = var.exposure.ui_ip } : service => ip if ip != null }
    }
    exposure = {
      mode             = local.routed ? var.exposure.mode : "none"
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
    watch = {
      enabled            = var.watch.enabled
      lateAfterSeconds   = var.watch.late_after_seconds
      silentAfterSeconds = var.watch.silent_after_seconds
      image              = { name = local.images.agent, pullPolicy = var.image_pull_policy }
      nodeSelector       = var.node_selector
      tolerations        = local.tolerations.server
    }
    # What outputs, and roles in other namespaces, rely on: the chart refuses values that make it something else.
    expectedNames = { serviceaccount = local.service_accounts.agents, apollo = local.service.apollo, ui = local.service.ui }
  }
}
