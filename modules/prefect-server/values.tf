# What the releases are given: `values` for the chart of Prefect Server, `support_values` for the module's own.
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
      tolerations        = local.tolerations.server
      resources = {
        # Where there is only a limit, Kubernetes requests as much.
        requests = merge(
          { for unit, amount in requests : unit => amount if !contains(keys(try(var.components[name].resources.limits, {})), unit) },
          try(var.components[name].resources.requests, {}),
        )
        limits = try(var.components[name].resources.limits, {})
      }
      env = [
        for key, value in merge(lookup(local.module_env, name, {}), try(var.components[name].env, {})) : { name = key, value = value }
      ]
      # A new password only reaches pods that start anew.
      podAnnotations = contains(["hasura", "graphql", "apollo", "towel"], name) ? { database-password-version = tostring(var.database_password_version) } : {}
    }
  }

  database_auth = {
    username       = local.embedded ? "prefect" : var.database.user
    database       = local.embedded ? "prefect" : var.database.name
    existingSecret = local.secret_name
  }

  values = {
    prefectVersionTag = var.prefect_version
    imagePullSecrets  = [for name in var.image_pull_secrets : { name = name }]

    prefectConfig = merge(var.server_config, { telemetry = { enabled = tostring(var.telemetry_enabled) } })

    # The chart reads user, database and port under `auth` and `primary` for some variables and at the first level for others, and
    # the Secret at the first level, while its subchart reads `auth`.
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
          local.embedded ? { nodeSelector = var.node_selector, tolerations = local.tolerations.server } : null,
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
