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
      local.values.postgresql.existingSecret == "prefect-database",
      local.values.postgresql.auth.existingSecret == "prefect-database",
      local.values.postgresql.auth.username == "prefect",
      local.values.postgresql.auth.database == "prefect",
    ])
    error_message = "The external database is not set under all of the chart's keys."
  }
  assert {
    condition = alltrue([
      for env in [local.values.hasura.env, local.values.graphql.env, local.values.graphql.init.env] :
      contains(env, { name = "PGSSLMODE", value = "require" })
    ])
    error_message = "TLS is not required of every connection to the database."
  }
  assert {
    condition = alltrue([
      local.values.apollo.service.type == "ClusterIP",
      local.values.ui.service.type == "ClusterIP",
      local.values.ui.apolloApiUrl == "http://localhost:4200/graphql",
      output.endpoint == null,
      output.ui_url == null,
      local.support_values.exposure.mode == "none",
      local.support_values.networkPolicies.enabled,
    ])
    error_message = "Something is exposed by default."
  }
  assert {
    condition     = local.values.prefectConfig.telemetry.enabled == "false"
    error_message = "Telemetry is on by default."
  }
  assert {
    condition     = helm_release.server.version == "2022.09.23" && helm_release.server.repository == "https://prefecthq.github.io/server/" && helm_release.server.chart == "prefect-server"
    error_message = "Not the last chart."
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
    condition     = contains(local.values.agent.env, { name = "PREFECT__CLOUD__AGENT__KUBERNETES_KEEP_ALIVE", value = "true" })
    error_message = "The agent's connections are not kept alive."
  }
  assert {
    condition     = contains(local.values.agent.env, { name = "PREFECT__CLOUD__AGENT__NAME", value = "prefect-agent" }) && local.values.agent.env[length(local.values.agent.env) - 1] == { name = "SERVICE_ACCOUNT_NAME", value = "prefect-flows" }
    error_message = "The agent has no name, or its runs have its own rights."
  }
  assert {
    condition     = output.service_account == "prefect-serviceaccount" && output.flows_service_account == "prefect-flows" && jsonencode(local.support_values.flows) == jsonencode({ serviceAccount = "prefect-flows", annotations = {}, automountToken = false })
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
    condition     = strcontains(nonsensitive(jsonencode(helm_release.support.set_sensitive)), "\"${base64encode("correct horse")}\"") && !strcontains(jsonencode([helm_release.support.values, helm_release.server.values]), "correct horse")
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
      length(local.values.hasura.env) == 1,
      local.support_values.networkPolicies.embeddedDatabase,
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
      local.support_values.agents.image == "example.azurecr.io/mirror/prefecthq/prefect:1.4.0",
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
    condition     = local.support_values.secret == { create = false, name = "mine" } && strcontains(nonsensitive(jsonencode(helm_release.support.set_sensitive)), "\"value\":\"\"") && local.values.postgresql.auth.existingSecret == "mine" && local.values.postgresql.existingSecret == "mine"
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
    condition     = contains(local.values.agent.env, { name = "PREFECT__LOGGING__LEVEL", value = "DEBUG" }) && alltrue([for agent in local.support_values.agents.namespaces : agent.env.PREFECT__LOGGING__LEVEL == "DEBUG"])
    error_message = "The agents' environment does not arrive."
  }
  assert {
    condition = alltrue([
      for agent in [local.values.agent, local.support_values.agents] :
      jsonencode([agent.nodeSelector, agent.tolerations]) == jsonencode([{ pool = "system" }, [{ key = "drain", operator = "Exists", effect = "NoExecute", tolerationSeconds = 60 }]])
    ])
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
    condition = alltrue([
      local.values.agent.jobTemplateFilePath == local.support_values.agents.jobTemplate.path,
      local.values.agent.jobTemplateFileConfigMap == local.support_values.agents.jobTemplate.name,
      local.support_values.agents.jobTemplate.content == local.job_template,
      local.values.agent.podAnnotations == { "checksum/job-template" = sha1(local.job_template) },
      local.support_values.agents.podAnnotations == local.values.agent.podAnnotations,
    ])
    error_message = "The template of Jobs does not reach the agents, or they keep the old one when it changes."
  }
  assert {
    condition = jsonencode([for agent in local.support_values.agents.namespaces : [agent.namespace, agent.name, agent.labels, agent.env.PREFECT__CLOUD__AGENT__NAME]]) == jsonencode([
      ["team-a", "prefect-agent-team-a", "[\"a\",\"aks\"]", "prefect-agent-team-a"],
      ["team-b", "prefect-agent-team-b", "[\"team-b\"]", "prefect-agent-team-b"],
    ])
    error_message = "The agents of the further namespaces are wrong."
  }
  assert {
    condition = alltrue([
      for agent in local.support_values.agents.namespaces : agent.env.SERVICE_ACCOUNT_NAME == "prefect-flows" && agent.env.IMAGE_PULL_SECRETS == "login,other"
    ]) && local.values.agent.job.imagePullSecrets == tolist(["login", "other"])
    error_message = "Runs in the further namespaces do not have their account, or Secrets for images."
  }
  assert {
    condition     = local.support_values.networkPolicies.jobNamespaces == concat(["prefect"], ["team-a", "team-b"]) && jsonencode(output.agent_labels) == jsonencode({ prefect = ["aks", "gpu"], team-a = ["a", "aks"], team-b = ["team-b"] })
    error_message = "The further namespaces do not arrive."
  }
  assert {
    condition     = join(",", keys(helm_release.namespace)) == "team-a,team-b" && helm_release.namespace["team-a"].create_namespace && helm_release.namespace["team-a"].namespace == "team-a"
    error_message = "The agents have no roles in the further namespaces."
  }
  assert {
    condition = (
      yamldecode(helm_release.namespace["team-a"].values[0]).flows == { serviceAccount = "prefect-flows", annotations = {}, automountToken = true } &&
      yamldecode(helm_release.namespace["team-b"].values[0]).flows == { serviceAccount = "prefect-flows", annotations = { "azure.workload.identity/client-id" = "1" }, automountToken = false } &&
      local.support_values.flows == { serviceAccount = "prefect-flows", annotations = tomap({ "azure.workload.identity/client-id" = "1" }), automountToken = false }
    )
    error_message = "The service accounts of runs are wrong."
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
    condition     = local.values.agent.enabled == false && !local.support_values.agents.enabled && length(output.agent_labels) == 0
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
      yamldecode(helm_release.load_balancers[0].values[0]).ips == { apollo = "10.10.1.4" },
      yamldecode(helm_release.load_balancers[0].values[0]).ranges == ["10.10.0.0/16"],
      helm_release.load_balancers[0].wait,
      local.values.ui.apolloApiUrl == "http://10.10.1.4:4200/graphql",
      output.endpoint == "http://10.10.1.4:4200",
      output.ui_url == "http://prefect.internal.example.com:8080",
      local.support_values.networkPolicies.allowedCidrs == tolist(["10.10.0.0/16"]),
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
      yamldecode(helm_release.load_balancers[0].values[0]).ips == {},
      yamldecode(helm_release.load_balancers[0].values[0]).annotations == { "example.com/owner" = "team" },
      length(yamldecode(helm_release.load_balancers[0].values[0]).ranges) == 3,
      length(local.support_values.networkPolicies.allowedCidrs) == 3,
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
      local.support_values.exposure.className == "traefik",
      local.support_values.networkPolicies.allowedNamespaces == tolist(["traefik"]),
      length(local.support_values.networkPolicies.allowedCidrs) == 0,
      length(helm_release.load_balancers) == 0,
    ])
    error_message = "The ingress is wrong."
  }
}

run "ingress_from_outside_the_cluster" {
  variables {
    exposure = { mode = "ingress", class_name = "azure-application-gateway", api_host = "api.example.com", ui_host = "ui.example.com", allowed_cidrs = ["10.10.9.0/24"], public = false }
  }
  assert {
    condition     = length(local.support_values.networkPolicies.allowedNamespaces) == 0 && local.support_values.networkPolicies.allowedCidrs == tolist(["10.10.9.0/24"])
    error_message = "The controller's addresses may not connect."
  }
}

run "gateway_of_a_class" {
  variables {
    exposure = { mode = "gateway", class_name = "approuting-istio", api_host = "api.example.com", ui_host = "ui.example.com" }
  }
  assert {
    condition     = local.support_values.exposure.createGateway && local.support_values.exposure.gatewayName == "prefect-gateway" && local.support_values.exposure.addressAnnotations["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true" && output.endpoint == "http://api.example.com"
    error_message = "The gateway is wrong."
  }
}

run "existing_gateway" {
  variables {
    exposure = { mode = "gateway", gateway_name = "shared", gateway_namespace = "gateways", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", public = true, public_acknowledgement = "anyone who reaches this address controls Prefect" }
  }
  assert {
    condition     = !local.support_values.exposure.createGateway && local.support_values.exposure.gatewayName == "shared" && local.support_values.exposure.gatewayNamespace == "gateways" && local.support_values.networkPolicies.allowedNamespaces == tolist(["gateways"])
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

run "chart_as_file" {
  variables {
    chart = { name = "./prefect-server.tgz" }
  }
  assert {
    condition     = helm_release.server.repository == null && helm_release.server.chart == "./prefect-server.tgz"
    error_message = "The file is not used."
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
    condition     = length(helm_release.server.values) == 3 && yamldecode(helm_release.server.values[2]).ui.replicas == 3
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
      contains(local.values.hasura.env, { name = "HASURA_GRAPHQL_ENABLE_CONSOLE", value = "false" }),
      contains(local.values.hasura.env, { name = "PGSSLMODE", value = "require" }),
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
    condition     = alltrue([for name in ["hasura", "graphql", "towel", "apollo"] : local.values[name].podAnnotations.database-password-version == "2"])
    error_message = "A new password does not restart the pods that read it."
  }
}

run "certificate_of_the_database" {
  variables {
    database = { host = "db.example.com", sslmode = "verify-full", root_certificate_file = "/etc/ssl/certs/ca-certificates.crt" }
  }
  assert {
    condition = alltrue([
      for env in [local.values.hasura.env, local.values.graphql.env, local.values.graphql.init.env] :
      contains(env, { name = "PGSSLMODE", value = "verify-full" }) && contains(env, { name = "PGSSLROOTCERT", value = "/etc/ssl/certs/ca-certificates.crt" })
    ])
    error_message = "The certificate is not compared everywhere."
  }
}

run "clients" {
  variables {
    clients = [{ namespace = "ci" }, { namespace = "sign-in", pod_labels = { app = "proxy" }, ui = true }]
  }
  assert {
    condition     = jsonencode(local.support_values.networkPolicies.clients) == jsonencode([{ namespace = "ci", podLabels = {}, ui = false }, { namespace = "sign-in", podLabels = { app = "proxy" }, ui = true }])
    error_message = "The clients may not connect."
  }
}

run "values_that_undo" {
  variables {
    values = [yamlencode({ hasura = { env = [] }, ui = { replicas = 2 } }), yamlencode({ serviceAccount = { name = "mine" } })]
  }
  expect_failures = [check.values_keep_what_the_module_sets] # a warning

  assert {
    condition     = join(",", local.undone) == "hasura.env,serviceAccount.name"
    error_message = "It is not said what is undone."
  }
}
