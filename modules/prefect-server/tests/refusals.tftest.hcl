# What the module refuses at plan. A run with the wrong values of several inputs passes only if each of them is refused.
mock_provider "helm" {}

variables {
  database          = { host = "db.example.com", user = "prefect" }
  database_password = "correct horse"
}

run "wrong_inputs_1" {
  command = plan
  variables {
    name              = "Prefect_1"                  # release name
    namespace         = "kube-system"                # namespace of the cluster
    chart             = { version = "2022.09.07" }   # chart with prefect 2
    prefect_version   = "2.20.4"                     # prefect 2
    image_registry    = "https://example.azurecr.io" # registry with scheme
    image_pull_policy = "Sometimes"
    database          = { host = "db.example.com", sslmode = "prefer" } # database without tls
    database_password = "short"                                         # password too short
    agent             = { labels = ["my label"] }                       # label with space
    exposure          = { mode = "nodeport" }                           # exposure mode
    ui_api_url        = "https://api.example.com"                       # ui url without graphql
    watch             = { late_after_seconds = 0.5 }
    tenant_job        = { enabled = true, name = "$(reboot)" } # tenant for the shell
    values            = ["a: [unclosed"]                       # values not yaml
    timeout_seconds   = 5
  }
  expect_failures = [
    var.name,
    var.namespace,
    var.chart,
    var.prefect_version,
    var.image_registry,
    var.image_pull_policy,
    var.database,
    var.database_password,
    var.agent,
    var.exposure,
    var.ui_api_url,
    var.tenant_job,
    var.watch,
    var.values,
    var.timeout_seconds,
  ]
}

run "wrong_inputs_2" {
  command = plan
  variables {
    namespace       = "Prefect!"                                       # namespace not a name
    chart           = { version = "2022.03.29" }                       # chart without tags
    prefect_version = "latest"                                         # prefect latest
    image_registry  = "example.azurecr.io/"                            # registry with slash
    database        = { host = "db.example.com", user = "prefect@db" } # database user with server
    agent           = { labels = [""] }                                # label empty
    ui_api_url      = "api.example.com/graphql"                        # ui url without scheme

    # Exposure host a url.
    exposure = { mode = "ingress", class_name = "traefik", api_host = "https://api.example.com", ui_host = "ui.example.com", public = false }
  }
  expect_failures = [
    var.namespace,
    var.chart,
    var.prefect_version,
    var.image_registry,
    var.database,
    var.agent,
    var.exposure,
    var.ui_api_url,
  ]
}

run "wrong_inputs_3" {
  command = plan
  variables {
    chart    = { version = ">= 2022" }                                                     # chart version a range
    database = { host = "postgres://db.example.com/prefect" }                              # database host a url
    agent    = { env = { "A-B" = "1" } }                                                   # agent env not a name
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", allowed_cidrs = ["10.0.0.4"] } # exposure cidr
  }
  expect_failures = [
    var.chart,
    var.database,
    var.agent,
    var.exposure,
  ]
}

run "wrong_inputs_4" {
  command = plan
  variables {
    chart    = { repository = "http://charts.example.com" }    # chart repository plain http
    database = { host = "db.example.com", port = 0 }           # database port
    agent    = { env = { NAMESPACE = "other" } }               # agent env of the module
    exposure = { mode = "internal_lb", api_ip = "10.0.0.400" } # exposure ip
  }
  expect_failures = [
    var.chart,
    var.database,
    var.agent,
    var.exposure,
  ]
}

run "address_in_an_allowed_range" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", allowed_cidrs = ["10.0.0.0/16", "10.1.0.5/24"] }
  }
  expect_failures = [var.exposure]
}

run "address_with_zeros" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", ui_ip = "10.0.0.010" }
  }
  expect_failures = [var.exposure]
}

run "address_of_version_6" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "fd00::" }
  }
  expect_failures = [var.exposure]
}

run "wrong_inputs_5" {
  command = plan
  variables {
    agent    = { namespaces = { "Team A" = { labels = ["a"] } } }    # agent namespace not a name
    exposure = { mode = "gateway", class_name = "approuting-istio" } # exposure without hosts

    # Chart with prefect 2 in a registry.
    chart = { name = "oci://example.azurecr.io/charts/prefect-server", version = "2022.9.7" }
  }
  expect_failures = [
    var.chart,
    var.agent,
    var.exposure,
  ]
}

run "wrong_inputs_6" {
  command = plan
  variables {
    chart = { name = "./prefect-server-2022.03.29.tgz" } # chart without tags in a file
    agent = { job_image_pull_policy = "sometimes" }      # job pull policy
  }
  expect_failures = [
    var.chart,
    var.agent,
  ]
}

run "wrong_inputs_7" {
  command = plan
  variables {
    agent    = { resources = { limits = { memory = "512 MB" } } } # agent memory not a quantity
    exposure = { mode = "internal_lb" }                           # load balancer nowhere
  }
  expect_failures = [
    var.agent,
    var.exposure,
  ]
}

run "wrong_inputs_8" {
  command = plan
  variables {
    agent = { job_tolerations = [{ effect = "NoSchedule" }] } # toleration of everything, as equal

    # Ingress without class.
    exposure = { mode = "ingress", api_host = "api.example.com", ui_host = "ui.example.com", public = false }
  }
  expect_failures = [
    var.agent,
    var.exposure,
  ]
}

run "gateway_without_class" {
  command = plan
  variables {
    exposure = { mode = "gateway", api_host = "api.example.com", ui_host = "ui.example.com" }
  }
  expect_failures = [var.exposure]
}

run "gateway_with_both" {
  command = plan
  variables {
    exposure = { mode = "gateway", class_name = "approuting-istio", gateway_name = "shared", api_host = "api.example.com", ui_host = "ui.example.com", public = false }
  }
  expect_failures = [var.exposure]
}

run "public_load_balancer" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", public = true, public_acknowledgement = "anyone who reaches this address controls Prefect", tls_secret_name = "tls" }
  }
  expect_failures = [var.exposure]
}

run "public_unacknowledged" {
  command = plan
  variables {
    exposure = { mode = "gateway", class_name = "approuting-istio", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", public = true }
  }
  expect_failures = [var.exposure]
}

run "public_without_tls" {
  command = plan
  variables {
    exposure = { mode = "gateway", class_name = "approuting-istio", api_host = "api.example.com", ui_host = "ui.example.com", public = true, public_acknowledgement = "anyone who reaches this address controls Prefect" }
  }
  expect_failures = [var.exposure]
}

run "ingress_public_or_not" {
  command = plan
  variables {
    exposure = { mode = "ingress", class_name = "traefik", api_host = "api.example.com", ui_host = "ui.example.com" }
  }
  expect_failures = [var.exposure]
}

run "gateway_public_or_not" {
  command = plan
  variables {
    exposure = { mode = "gateway", gateway_name = "shared", api_host = "api.example.com", ui_host = "ui.example.com" }
  }
  expect_failures = [var.exposure]
}

run "class_not_a_name" {
  command = plan
  variables {
    exposure = { mode = "gateway", class_name = "Approuting Istio", api_host = "api.example.com", ui_host = "ui.example.com" }
  }
  expect_failures = [var.exposure]
}

run "no_database" {
  command = plan
  variables {
    database = null
  }
  expect_failures = [helm_release.server, check.database_is_kept]
}

run "no_password" {
  command = plan
  variables {
    database_password = null
  }
  expect_failures = [helm_release.server]
}

run "two_passwords" {
  command = plan
  variables {
    database_existing_secret = "mine"
  }
  expect_failures = [helm_release.server]
}

run "ui_http_under_https" {
  command = plan
  variables {
    exposure   = { mode = "ingress", class_name = "traefik", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", public = false }
    ui_api_url = "http://api.example.com/graphql"
  }
  expect_failures = [helm_release.server]
}

run "agent_namespace_twice" {
  command = plan
  variables {
    agent = { namespaces = { prefect-flows = { labels = ["b"] } } }
  }
  expect_failures = [helm_release.server]
}

run "agents_without_agent" {
  command = plan
  variables {
    agent = { enabled = false, namespaces = { team-a = {} } }
  }
  expect_failures = [helm_release.server]
}

run "existing_secret_not_a_name" {
  command = plan
  variables {
    database_password        = null
    database_existing_secret = "My Secret"
  }
  expect_failures = [var.database_existing_secret]
}

run "agent_without_job_templates" {
  command = plan
  variables {
    prefect_version = "0.13.19"
  }
  expect_failures = [var.prefect_version]
}

run "certificate_without_authorities" {
  command = plan
  variables {
    database = { host = "db.example.com", sslmode = "verify-full" }
  }
  expect_failures = [var.database]
}

run "load_balancer_for_nobody" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", allowed_cidrs = [] }
  }
  expect_failures = [var.exposure]
}

run "ingress_controller_kept_out" {
  command = plan
  variables {
    exposure = { mode = "ingress", class_name = "traefik", api_host = "api.example.com", ui_host = "ui.example.com", public = false }
  }
  expect_failures = [helm_release.server]
}

run "client_not_a_namespace" {
  command = plan
  variables {
    clients = [{ namespace = "Team A" }]
  }
  expect_failures = [var.clients]
}

run "component_unknown" {
  command = plan
  variables {
    components = { agent = {} }
  }
  expect_failures = [var.components]
}

run "component_env_of_the_module" {
  command = plan
  variables {
    components = { hasura = { env = { PGSSLMODE = "disable" } } }
  }
  expect_failures = [var.components]
}

run "component_memory_not_a_quantity" {
  command = plan
  variables {
    components = { hasura = { resources = { limits = { memory = "2 GB" } } } }
  }
  expect_failures = [var.components]
}

run "agents_with_equal_labels" {
  command = plan
  variables {
    agent = { labels = ["x"], namespaces = { team-a = { labels = ["x"] } } }
  }
  expect_failures = [helm_release.server]
}

run "agent_with_all_labels_of_another" {
  command = plan
  variables {
    agent = { namespaces = { team-a = {}, team-b = { labels = ["team-a", "b"] } } }
  }
  expect_failures = [helm_release.server]
}

run "two_agents_without_labels" {
  command = plan
  variables {
    agent = { namespaces = { team-a = { labels = [] } } }
  }
  expect_failures = [helm_release.server]
}

run "agent_label_of_a_namespace" {
  command = plan
  variables {
    agent = { namespaces = { team-a = { labels = ["my label"] } } }
  }
  expect_failures = [var.agent]
}

run "agent_variable_that_does_nothing" {
  command = plan
  variables {
    agent = { env = { JOB_MEM_LIMIT = "1Gi" } }
  }
  expect_failures = [var.agent]
}

run "job_image_not_a_name" {
  command = plan
  variables {
    agent = { job_image = "https://example.azurecr.io/flows 1" }
  }
  expect_failures = [var.agent]
}

run "job_node_selector_not_a_label" {
  command = plan
  variables {
    agent = { job_node_selector = { pool = "a b" } }
  }
  expect_failures = [var.agent]
}

run "job_pod_label_of_the_release" {
  command = plan
  variables {
    agent = { job_pod_labels = { "app.kubernetes.io/instance" = "prefect" } }
  }
  expect_failures = [var.agent]
}

run "job_requests_above_limits" {
  command = plan
  variables {
    agent = { job_resources = { requests = { memory = "1025Mi" }, limits = { memory = "1Gi" } } }
  }
  expect_failures = [var.agent]
}

run "component_request_above_limit" {
  command = plan
  variables {
    components = { hasura = { resources = { requests = { memory = "1Gi" }, limits = { memory = "512Mi" } } } }
  }
  expect_failures = [var.components]
}

run "job_requests_a_gpu_without_limit" {
  command = plan
  variables {
    agent = { job_resources = { requests = { "nvidia.com/gpu" = "1" } } }
  }
  expect_failures = [var.agent]
}

run "toleration_of_nothing" {
  command = plan
  variables {
    tolerations = [{ operator = "Exists", value = "spot" }]
  }
  expect_failures = [var.tolerations]
}

run "node_selector_not_a_label" {
  command = plan
  variables {
    node_selector = { pool = "a b" }
  }
  expect_failures = [var.node_selector]
}

run "chart_without_job_template" {
  command = plan
  variables {
    chart = { version = "2022.04.14" }
  }
  expect_failures = [var.chart]
}

run "chart_without_repository" {
  command = plan
  variables {
    chart = { name = "prefect-server" }
  }
  expect_failures = [var.chart]
}

run "job_namespace_of_the_cluster" {
  command = plan
  variables {
    agent = { job_namespace = "kube-system" }
  }
  expect_failures = [var.agent]
}
