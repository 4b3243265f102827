# What the published chart needs besides, where `chart` names it or another of its kind: values that make up for its faults, and a
# companion release of our chart with what it lacks.
locals {
  own_chart = var.chart.name == null
  # A path or an OCI reference; a plain name goes with a repository.
  chart_is_reference = can(regex("^(oci://|[./~])|\\.tgz$", coalesce(var.chart.name, "-")))
  chart_is_file      = local.chart_is_reference && !startswith(coalesce(var.chart.name, "-"), "oci://")

  database_env = local.embedded ? {} : merge(
    { PGSSLMODE = var.database.sslmode },
    var.database.root_certificate_file == null ? {} : { PGSSLROOTCERT = var.database.root_certificate_file },
  )
  # The console would let anybody in the cluster edit the database; later entries win.
  published_env = {
    for name, module_env in {
      hasura  = merge(local.database_env, { HASURA_GRAPHQL_ENABLE_CONSOLE = "false" })
      graphql = local.database_env
    } : name => [for key, value in merge(module_env, try(var.components[name].env, {})) : { name = key, value = value }]
  }

  # seccomp is the one setting that holds for all of the chart's images. It is set on pods, because the chart's templates for
  # containers' security contexts give broken YAML, as does that for the agent's pod, which therefore has none.
  pod_security_context = { podSecurityContext = { seccompProfile = { type = "RuntimeDefault" } } }

  job_template_file = "/etc/prefect/job-template.yaml"
  published_values = {
    # The chart reads the Secret at the first level, while its subchart reads `auth`; some variables have their own spelling.
    postgresql = {
      existingSecret     = local.secret_name
      postgresqlUsername = local.values.postgresql.auth.username
      postgresqlDatabase = local.values.postgresql.auth.database
      servicePort        = local.values.postgresql.primary.service.ports.postgresql
    }
    hasura  = merge(local.pod_security_context, { env = local.published_env.hasura })
    graphql = merge(local.pod_security_context, { env = local.published_env.graphql, init = { env = local.published_env.graphql } })
    towel   = local.pod_security_context
    apollo  = local.pod_security_context
    ui      = local.pod_security_context
    agent = {
      # 100m of a processor, the chart's own limit, starve an agent.
      resources = { limits = merge({ cpu = null }, local.agent_resources.limits) }
      # The chart has runs use the release's own account and namespace; later entries win. Azure's load balancer cuts an idle
      # connection to the API server after minutes, which an agent without keep-alive does not notice.
      env = concat(
        [
          { name = "PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE", value = "true" },
          { name = "PREFECT__CLOUD__AGENT__NAME", value = local.agent_names[local.flows_namespace] },
        ],
        local.values.agent.env,
        [
          { name = "NAMESPACE", value = local.flows_namespace },
          { name = "SERVICE_ACCOUNT_NAME", value = local.service_accounts.flows },
        ],
      )
      jobTemplateFilePath      = local.job_template_file
      jobTemplateFileConfigMap = "${var.name}-job-template"
      # The kubelet does not renew a file that is mounted alone: a changed template needs new pods.
      podAnnotations = { "checksum/job-template" = sha1(local.job_template) }
    }
    jobs = { createTenant = local.pod_security_context }
  }

  # What the companion needs to know of the other release.
  companion_values = merge(local.additions, {
    companionTo       = var.name
    prefectVersionTag = local.values.prefectVersionTag
    imagePullSecrets  = local.values.imagePullSecrets
    postgresql        = { useSubChart = local.embedded, auth = { existingSecret = local.secret_name } }
    serviceAccount    = { name = local.service_accounts.agents }
    agent             = merge(local.values.agent, local.additions.agent)
  })

  # Lists and names that a document of values would replace as a whole.
  undone = local.own_chart ? [] : distinct(flatten([
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
}

# It comes before the other release: the password must be there when the pods start, the policies before anything listens.
resource "helm_release" "companion" {
  count = local.own_chart ? 0 : 1

  name             = "${var.name}-support"
  namespace        = var.namespace
  create_namespace = var.create_namespace
  chart            = local.chart_directory
  timeout          = var.timeout_seconds
  # Its agents need the other release's account, so that they only start after it.
  wait = false

  # The password is in password_override.tf.json, as set_sensitive.
  values = [yamlencode(local.companion_values)]

  depends_on = [helm_release.namespace]
}

check "values_keep_what_the_module_sets" {
  assert {
    condition     = length(local.undone) == 0
    error_message = "values sets ${join(", ", local.undone)}, which replaces what this module has there: TLS to the database, Hasura without its console, the agent's service account, or names that network policies, routes and outputs rely on. Use components.NAME.env and agent.env for environment variables, and leave out the rest."
  }
}
