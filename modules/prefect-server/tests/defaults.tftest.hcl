# What the module releases, with what it is given at least.
mock_provider "helm" {}

variables {
  database          = { host = "db.example.com", user = "prefect" }
  database_password = "correct horse"
}

run "external_database" {
  assert {
    condition = alltrue([
      local.values.postgresql.useSubChart == false,
      local.values.postgresql.externalHostname == "db.example.com",
      local.values.postgresql.primary.service.ports.postgresql == 5432,
      local.values.postgresql.auth.existingSecret == "prefect-database",
      local.values.postgresql.auth.username == "prefect",
      local.values.postgresql.auth.database == "prefect",
    ])
    error_message = "The external database is not set under all of the chart's keys."
  }
  assert {
    condition     = local.additions.postgresql.sslmode == "require" && local.additions.postgresql.rootCertificateFile == null
    error_message = "TLS is not required of every connection to the database."
  }
  assert {
    condition = alltrue([
      local.values.apollo.service.type == "ClusterIP",
      local.values.ui.service.type == "ClusterIP",
      local.values.ui.apolloApiUrl == "http://localhost:4200/graphql",
      output.endpoint == null,
      output.ui_url == null,
      local.additions.exposure.mode == "none",
      local.additions.networkPolicies.enabled,
    ])
    error_message = "Something is exposed by default."
  }
  assert {
    condition     = local.values.prefectConfig.telemetry.enabled == "false"
    error_message = "Telemetry is on by default."
  }
  assert {
    condition     = endswith(helm_release.server.chart, "/charts/prefect-server") && length(helm_release.companion) == 0 && length(helm_release.server.values) == 2
    error_message = "Not the module's own chart."
  }
  assert {
    condition     = output.port_forward == { namespace = "prefect", service = "prefect-apollo", port = 4200 } && output.api_url == "http://prefect-apollo.prefect:4200/graphql"
    error_message = "The outputs do not lead to the API."
  }
  assert {
    condition     = output.agent_env == { PREFECT__CLOUD__API = "http://prefect-apollo.prefect:4200/graphql", PREFECT__BACKEND = "server", PREFECT__CLOUD__AGENT__LABELS = "[]" }
    error_message = "The agent's variables are wrong."
  }
  assert {
    condition     = local.additions.agent.jobNamespace == "prefect-flows" && output.flows_namespace == "prefect-flows" && join(",", keys(helm_release.namespace)) == "prefect-flows" && join(",", local.additions.networkPolicies.jobNamespaces) == "prefect-flows"
    error_message = "Runs have no namespace of their own, or the agent and the API none of them."
  }
  assert {
    condition     = output.service_account == "prefect-serviceaccount" && output.flows_service_account == "prefect-flows" && jsonencode(local.additions.flows) == jsonencode({ annotations = {}, automountToken = false, evictionAllowed = false, serviceAccount = "prefect-flows" })
    error_message = "The service accounts are wrong."
  }
  assert {
    condition = yamldecode(local.job_template) == {
      apiVersion = "batch/v1"
      kind       = "Job"
      spec = { template = {
        metadata = { labels = {} }
        spec     = { nodeSelector = {}, tolerations = [], containers = [{ name = "flow", resources = { requests = {}, limits = {} } }] }
      } }
    }
    error_message = "The template of Jobs says more than the agent's own."
  }
  assert {
    condition     = strcontains(nonsensitive(jsonencode(helm_release.server.set_sensitive)), "\"${base64encode("correct horse")}\"") && !strcontains(jsonencode(helm_release.server.values), "correct horse")
    error_message = "The password is not the Secret's sensitive value alone."
  }
  assert {
    condition     = local.values.jobs.createTenant.enabled == false
    error_message = "The tenant's Job is on by default."
  }
}

run "embedded_database" {
  variables {
    database                       = null
    embedded_database_acknowledged = true
  }
  expect_failures = [check.database_is_kept] # a warning

  assert {
    condition = alltrue([
      local.values.postgresql.useSubChart,
      local.values.postgresql.image.registry == "docker.io",
      local.values.postgresql.image.repository == "bitnamilegacy/postgresql",
      local.values.postgresql.auth.existingSecret == "prefect-database",
      local.additions.postgresql.sslmode == null,
    ])
    error_message = "The database in the cluster is wrong."
  }
}

run "images_from_a_mirror" {
  variables {
    image_registry     = "example.azurecr.io/mirror"
    image_pull_secrets = ["login"]
  }
  assert {
    condition = alltrue([
      local.values.apollo.image.name == "example.azurecr.io/mirror/prefecthq/apollo",
      local.values.graphql.image.name == "example.azurecr.io/mirror/prefecthq/server",
      local.values.towel.image.name == "example.azurecr.io/mirror/prefecthq/server",
      local.values.ui.image.name == "example.azurecr.io/mirror/prefecthq/ui",
      local.values.agent.image.name == "example.azurecr.io/mirror/prefecthq/prefect",
      local.values.hasura.image.name == "example.azurecr.io/mirror/hasura/graphql-engine",
      local.values.imagePullSecrets[0].name == "login",
    ])
    error_message = "Not every image comes from the mirror."
  }
}

run "existing_secret" {
  variables {
    database_password        = null
    database_existing_secret = "mine"
  }
  assert {
    condition     = strcontains(nonsensitive(jsonencode(helm_release.server.set_sensitive)), "\"value\":\"\"") && local.values.postgresql.auth.existingSecret == "mine"
    error_message = "The existing Secret is not used."
  }
}

run "agent" {
  variables {
    agent = {
      labels        = ["aks", "gpu"]
      env           = { PREFECT__LOGGING__LEVEL = "DEBUG" }
      node_selector = { pool = "system" }
      tolerations   = [{ key = "drain", operator = "Exists", effect = "NoExecute", tolerationSeconds = 60 }]

      job_image              = "example.azurecr.io/flows:1"
      job_image_pull_policy  = "Always"
      job_image_pull_secrets = ["login", "other"]
      job_resources          = { requests = { cpu = "250m" }, limits = { memory = "1Gi" } }
      job_node_selector      = { pool = "spot" }
      job_tolerations        = [{ key = "kubernetes.azure.com/scalesetpriority", value = "spot", effect = "NoSchedule" }]
      job_pod_labels         = { "azure.workload.identity/use" = "true" }

      flows_service_account = { annotations = { "azure.workload.identity/client-id" = "1" } }
      namespaces = {
        team-b = {}
        team-a = { labels = ["a", "aks"], flows_service_account = { automount_token = true } }
      }
    }
  }
  assert {
    condition     = local.values.agent.prefectLabels == tolist(["aks", "gpu"]) && output.agent_env.PREFECT__CLOUD__AGENT__LABELS == "[\"aks\",\"gpu\"]"
    error_message = "The labels do not arrive."
  }
  assert {
    condition     = contains(local.values.agent.env, { name = "PREFECT__LOGGING__LEVEL", value = "DEBUG" })
    error_message = "The agents' environment does not arrive."
  }
  assert {
    condition     = jsonencode([local.values.agent.nodeSelector, local.values.agent.tolerations]) == jsonencode([{ pool = "system" }, [{ key = "drain", operator = "Exists", effect = "NoExecute", tolerationSeconds = 60 }]])
    error_message = "The agents do not run where they should."
  }
  assert {
    condition = yamldecode(local.job_template).spec.template == {
      metadata = { labels = { "azure.workload.identity/use" = "true" } }
      spec = {
        nodeSelector = { pool = "spot" }
        tolerations  = [{ key = "kubernetes.azure.com/scalesetpriority", value = "spot", effect = "NoSchedule" }]
        containers = [{
          name            = "flow"
          image           = "example.azurecr.io/flows:1"
          imagePullPolicy = "Always"
          resources       = { requests = { cpu = "250m" }, limits = { memory = "1Gi" } }
        }]
      }
    }
    error_message = "The template of Jobs is wrong."
  }
  assert {
    condition     = local.additions.jobTemplate == local.job_template
    error_message = "The template of Jobs does not reach the agents."
  }
  assert {
    condition = jsonencode(local.additions.agents) == jsonencode([
      { labels = ["a", "aks"], name = "prefect-agent-team-a", namespace = "team-a" },
      { labels = ["team-b"], name = "prefect-agent-team-b", namespace = "team-b" },
    ])
    error_message = "The agents of the further namespaces are wrong."
  }
  assert {
    condition     = local.values.agent.job.imagePullSecrets == tolist(["login", "other"])
    error_message = "Runs do not have Secrets for images."
  }
  assert {
    condition     = join(",", local.additions.networkPolicies.jobNamespaces) == "prefect-flows,team-a,team-b" && jsonencode(output.agent_labels) == jsonencode({ prefect-flows = ["aks", "gpu"], team-a = ["a", "aks"], team-b = ["team-b"] })
    error_message = "The further namespaces do not arrive."
  }
  assert {
    condition     = join(",", keys(helm_release.namespace)) == "prefect-flows,team-a,team-b" && helm_release.namespace["team-a"].create_namespace && helm_release.namespace["team-a"].namespace == "team-a"
    error_message = "The agents have no roles in the further namespaces."
  }
  assert {
    condition = (
      yamldecode(helm_release.namespace["team-a"].values[0]).flows == { serviceAccount = "prefect-flows", annotations = {}, automountToken = true, evictionAllowed = false } &&
      yamldecode(helm_release.namespace["team-b"].values[0]).flows == { serviceAccount = "prefect-flows", annotations = { "azure.workload.identity/client-id" = "1" }, automountToken = false, evictionAllowed = false } &&
      yamldecode(helm_release.namespace["prefect-flows"].values[0]).flows == { serviceAccount = "prefect-flows", annotations = { "azure.workload.identity/client-id" = "1" }, automountToken = false, evictionAllowed = false }
    )
    error_message = "The service accounts of runs are wrong."
  }
}

run "runs_in_the_namespace_of_the_release" {
  variables {
    agent = { job_namespace = "prefect" }
  }
  assert {
    condition     = local.additions.agent.jobNamespace == "prefect" && length(helm_release.namespace) == 0 && output.flows_namespace == "prefect"
    error_message = "Runs are not where they should be."
  }
}

run "agent_names" {
  variables {
    agent = {
      env        = { PREFECT__CLOUD__AGENT__NAME = "ours" }
      namespaces = { team-123456789-123456789-123456789-123456789-123456789-12345678 = {} }
    }
  }
  assert {
    condition     = alltrue([for name in local.agent_names : length(name) <= 63]) && length(distinct(values(local.agent_names))) == 2
    error_message = "The name of a Deployment is too long, or that of another."
  }
  assert {
    condition     = contains(local.values.agent.env, { name = "PREFECT__CLOUD__AGENT__NAME", value = "ours" })
    error_message = "The name given to the agents is not used."
  }
}

run "no_agent" {
  variables {
    agent = { enabled = false }
  }
  assert {
    condition     = local.values.agent.enabled == false && length(helm_release.namespace) == 0 && local.additions.jobTemplate == "" && length(output.agent_labels) == 0
    error_message = "There is an agent."
  }
}

run "internal_load_balancer" {
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.10.1.4", ui_host = "prefect.internal.example.com", allowed_cidrs = ["10.10.0.0/16"] }
  }
  assert {
    condition = alltrue([
      local.values.apollo.service.type == "ClusterIP",
      jsonencode(local.additions.loadBalancers.ips) == jsonencode({ apollo = "10.10.1.4" }),
      join(",", local.additions.loadBalancers.ranges) == "10.10.0.0/16",
      local.additions.loadBalancers.enabled && helm_release.server.wait,
      local.values.ui.apolloApiUrl == "http://10.10.1.4:4200/graphql",
      output.endpoint == "http://10.10.1.4:4200",
      output.ui_url == "http://prefect.internal.example.com:8080",
      local.additions.networkPolicies.allowedCidrs == tolist(["10.10.0.0/16"]),
    ])
    error_message = "The load balancers or the addresses are wrong."
  }
}

run "internal_load_balancer_for_private_addresses" {
  variables {
    exposure = { mode = "internal_lb", api_host = "api.internal.example.com", annotations = { "example.com/owner" = "team" } }
  }
  assert {
    condition = alltrue([
      length(local.additions.loadBalancers.ips) == 0,
      local.additions.loadBalancers.annotations["example.com/owner"] == "team",
      length(local.additions.loadBalancers.ranges) == 3,
      length(local.additions.networkPolicies.allowedCidrs) == 3,
    ])
    error_message = "Not every private address, or nobody, may connect."
  }
}

run "ingress" {
  variables {
    exposure = { mode = "ingress", class_name = "traefik", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", allowed_namespaces = ["traefik"], public = false }
  }
  assert {
    condition = alltrue([
      local.values.apollo.service.type == "ClusterIP",
      local.values.ui.apolloApiUrl == "https://api.example.com/graphql",
      output.endpoint == "https://api.example.com",
      output.ui_url == "https://ui.example.com",
      local.additions.exposure.className == "traefik",
      local.additions.networkPolicies.allowedNamespaces == tolist(["traefik"]),
      length(local.additions.networkPolicies.allowedCidrs) == 0,
      !local.additions.loadBalancers.enabled,
    ])
    error_message = "The ingress is wrong."
  }
}

run "one_name_for_both" {
  variables {
    exposure = { mode = "ingress", class_name = "traefik", api_host = "p.example.com", ui_host = "p.example.com", tls_secret_name = "tls", allowed_namespaces = ["traefik"], public = false }
  }
  assert {
    condition     = local.values.ui.apolloApiUrl == "https://p.example.com/graphql" && output.endpoint == "https://p.example.com" && output.ui_url == "https://p.example.com"
    error_message = "The UI and the API do not share a name."
  }
}

run "ingress_from_outside_the_cluster" {
  variables {
    exposure = { mode = "ingress", class_name = "azure-application-gateway", api_host = "api.example.com", ui_host = "ui.example.com", allowed_cidrs = ["10.10.9.0/24"], public = false }
  }
  assert {
    condition     = length(local.additions.networkPolicies.allowedNamespaces) == 0 && local.additions.networkPolicies.allowedCidrs == tolist(["10.10.9.0/24"])
    error_message = "The controller's addresses may not connect."
  }
}

run "gateway_of_a_class" {
  variables {
    exposure = { mode = "gateway", class_name = "approuting-istio", api_host = "api.example.com", ui_host = "ui.example.com" }
  }
  assert {
    condition     = local.additions.exposure.createGateway && local.additions.exposure.gatewayName == "prefect-gateway" && local.additions.exposure.addressAnnotations["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true" && output.endpoint == "http://api.example.com"
    error_message = "The gateway is wrong."
  }
}

run "existing_gateway" {
  variables {
    exposure = { mode = "gateway", gateway_name = "shared", gateway_namespace = "gateways", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", public = true, public_acknowledgement = "anyone who reaches this address controls Prefect" }
  }
  assert {
    condition     = !local.additions.exposure.createGateway && local.additions.exposure.gatewayName == "shared" && local.additions.exposure.gatewayNamespace == "gateways" && local.additions.networkPolicies.allowedNamespaces == tolist(["gateways"])
    error_message = "The existing gateway is not used."
  }
}

run "ui_api_url_given" {
  variables {
    ui_api_url = "https://proxy.example.com/prefect/graphql"
  }
  assert {
    condition     = local.values.ui.apolloApiUrl == "https://proxy.example.com/prefect/graphql"
    error_message = "ui_api_url is not used."
  }
}

run "chart_as_oci" {
  variables {
    chart = { name = "oci://example.azurecr.io/charts/prefect-server" }
  }
  assert {
    condition     = helm_release.server.repository == null && helm_release.server.chart == "oci://example.azurecr.io/charts/prefect-server" && helm_release.server.version == "2022.09.23"
    error_message = "The OCI reference is not used."
  }
}

run "chart_with_a_version_of_your_own" {
  variables {
    chart = { name = "oci://example.azurecr.io/charts/prefect-server", version = "1.4.2" }
  }
  assert {
    condition     = helm_release.server.version == "1.4.2"
    error_message = "The version is not used."
  }
}

run "chart_of_a_repository" {
  variables {
    chart = { repository = "https://charts.example.com", name = "prefect-server" }
  }
  assert {
    condition     = helm_release.server.repository == "https://charts.example.com" && helm_release.server.chart == "prefect-server" && helm_release.server.version == "2022.09.23"
    error_message = "The repository is not used."
  }
}

run "chart_as_package" {
  variables {
    chart = { name = "https://charts.example.com/prefect-server-2022.09.23.tgz" }
  }
  assert {
    condition     = helm_release.server.repository == null && helm_release.server.chart == "https://charts.example.com/prefect-server-2022.09.23.tgz" && local.chart_is_file
    error_message = "The package is not used."
  }
}

# What the published chart does not do by itself.
run "chart_as_file" {
  variables {
    chart      = { name = "./prefect-server.tgz" }
    database   = { host = "db.example.com", sslmode = "verify-full", root_certificate_file = "/etc/ssl/certs/ca-certificates.crt" }
    components = { hasura = { env = { HASURA_GRAPHQL_LOG_LEVEL = "warn" } } }
    agent      = { namespaces = { team-a = {} } }
  }
  assert {
    condition     = helm_release.server.repository == null && helm_release.server.chart == "./prefect-server.tgz"
    error_message = "The file is not used."
  }
  assert {
    condition = alltrue([
      for env in [local.published_values.hasura.env, local.published_values.graphql.env, local.published_values.graphql.init.env] :
      contains(env, { name = "PGSSLMODE", value = "verify-full" }) && contains(env, { name = "PGSSLROOTCERT", value = "/etc/ssl/certs/ca-certificates.crt" })
    ])
    error_message = "The certificate is not compared everywhere."
  }
  assert {
    condition     = contains(local.published_values.hasura.env, { name = "HASURA_GRAPHQL_ENABLE_CONSOLE", value = "false" }) && contains(local.published_values.hasura.env, { name = "HASURA_GRAPHQL_LOG_LEVEL", value = "warn" })
    error_message = "Hasura's environment is wrong."
  }
  assert {
    condition = alltrue([
      local.published_values.postgresql.existingSecret == "prefect-database",
      local.published_values.agent.podAnnotations == { "checksum/job-template" = sha1(local.job_template) },
      contains(local.published_values.agent.env, { name = "PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE", value = "true" }),
      contains(local.published_values.agent.env, { name = "NAMESPACE", value = "prefect-flows" }),
      contains(local.published_values.agent.env, { name = "SERVICE_ACCOUNT_NAME", value = "prefect-flows" }),
    ])
    error_message = "The published chart lacks something."
  }
  assert {
    condition     = helm_release.companion[0].name == "prefect-support" && local.companion_values.companionTo == "prefect" && length(local.companion_values.agents) == 1 && strcontains(nonsensitive(jsonencode(helm_release.companion[0].set_sensitive)), "\"${base64encode("correct horse")}\"") && !strcontains(nonsensitive(jsonencode(helm_release.server.set_sensitive)), base64encode("correct horse"))
    error_message = "The companion lacks something."
  }
}

run "tenant_job_and_values" {
  variables {
    tenant_job        = { enabled = true, name = "Team", slug = "team" }
    telemetry_enabled = true
    server_config     = { logging = { level = "DEBUG" } }
    values            = [yamlencode({ ui = { replicas = 2 } }), yamlencode({ ui = { replicas = 3 } })]
  }
  assert {
    condition     = local.values.jobs.createTenant.enabled && local.values.jobs.createTenant.tenant == { name = "Team", slug = "team" }
    error_message = "The tenant's Job is wrong."
  }
  assert {
    condition     = local.values.prefectConfig.telemetry.enabled == "true" && local.values.prefectConfig.logging.level == "DEBUG"
    error_message = "The Server's configuration is wrong."
  }
  assert {
    condition     = length(helm_release.server.values) == 4 && yamldecode(helm_release.server.values[3]).ui.replicas == 3
    error_message = "The values given do not come last."
  }
}

run "components" {
  variables {
    components = {
      hasura = { env = { HASURA_GRAPHQL_LOG_LEVEL = "warn" }, resources = { requests = { memory = "1Gi" }, limits = { memory = "2Gi" } } }
      apollo = {}
      ui     = { resources = { limits = { memory = "32Mi" } } }
    }
    node_selector             = { pool = "system" }
    tolerations               = [{ key = "CriticalAddonsOnly", operator = "Exists" }]
    database_password_version = 2
  }
  assert {
    condition = alltrue([
      contains(local.values.hasura.env, { name = "HASURA_GRAPHQL_LOG_LEVEL", value = "warn" }),
      yamlencode(local.values.hasura.resources) == yamlencode({ requests = { cpu = "100m", memory = "1Gi" }, limits = { memory = "2Gi" } }),
      yamlencode(local.values.ui.resources) == yamlencode({ requests = { cpu = "20m" }, limits = { memory = "32Mi" } }),
      yamlencode(local.values.apollo.resources) == yamlencode({ requests = { cpu = "100m", memory = "256Mi" }, limits = {} }),
    ])
    error_message = "What is said of a component does not arrive, or something else is lost."
  }
  assert {
    condition = alltrue([
      for name in ["hasura", "graphql", "towel", "apollo", "ui"] : local.values[name].nodeSelector.pool == "system" &&
      yamlencode(local.values[name].tolerations) == yamlencode([{ key = "CriticalAddonsOnly", operator = "Exists" }])
    ])
    error_message = "A component may run elsewhere."
  }
  assert {
    condition     = alltrue([for name in ["hasura", "graphql"] : local.values[name].podAnnotations.database-password-version == "2"])
    error_message = "A new password does not restart the pods that read it."
  }
}

run "certificate_of_the_database" {
  variables {
    database = { host = "db.example.com", sslmode = "verify-full", root_certificate_file = "/etc/ssl/certs/ca-certificates.crt" }
  }
  assert {
    condition     = local.additions.postgresql == { sslmode = "verify-full", rootCertificateFile = "/etc/ssl/certs/ca-certificates.crt" }
    error_message = "The certificate is not compared everywhere."
  }
}

run "clients" {
  variables {
    clients = [{ namespace = "ci" }, { namespace = "sign-in", pod_labels = { app = "proxy" }, ui = true }]
  }
  assert {
    condition     = jsonencode(local.additions.networkPolicies.clients) == jsonencode([{ namespace = "ci", podLabels = {}, ui = false }, { namespace = "sign-in", podLabels = { app = "proxy" }, ui = true }])
    error_message = "The clients may not connect."
  }
}

run "values_that_undo" {
  variables {
    chart  = { name = "./prefect-server.tgz" }
    values = [yamlencode({ hasura = { env = [] }, ui = { replicas = 2 } }), yamlencode({ serviceAccount = { name = "mine" } })]
  }
  expect_failures = [check.values_keep_what_the_module_sets] # a warning

  assert {
    condition     = join(",", local.undone) == "hasura.env,serviceAccount.name"
    error_message = "It is not said what is undone."
  }
}
