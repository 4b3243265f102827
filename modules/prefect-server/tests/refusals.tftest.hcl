# What the module refuses at plan.
mock_provider "helm" {}

variables {
  database          = { host = "db.example.com", user = "prefect" }
  database_password = "correct horse"
}

run "release_name" {
  command = plan
  variables {
    name = "Prefect_1"
  }
  expect_failures = [var.name]
}

run "namespace_of_the_cluster" {
  command = plan
  variables {
    namespace = "kube-system"
  }
  expect_failures = [var.namespace]
}

run "namespace_not_a_name" {
  command = plan
  variables {
    namespace = "Prefect!"
  }
  expect_failures = [var.namespace]
}

run "chart_with_prefect_2" {
  command = plan
  variables {
    chart = { version = "2022.09.07" }
  }
  expect_failures = [var.chart]
}

run "chart_without_tags" {
  command = plan
  variables {
    chart = { version = "2022.03.29" }
  }
  expect_failures = [var.chart]
}

run "chart_version_a_range" {
  command = plan
  variables {
    chart = { version = ">= 2022" }
  }
  expect_failures = [var.chart]
}

run "chart_repository_plain_http" {
  command = plan
  variables {
    chart = { repository = "http://charts.example.com" }
  }
  expect_failures = [var.chart]
}

run "prefect_2" {
  command = plan
  variables {
    prefect_version = "2.20.4"
  }
  expect_failures = [var.prefect_version]
}

run "prefect_latest" {
  command = plan
  variables {
    prefect_version = "latest"
  }
  expect_failures = [var.prefect_version]
}

run "registry_with_scheme" {
  command = plan
  variables {
    image_registry = "https://example.azurecr.io"
  }
  expect_failures = [var.image_registry]
}

run "registry_with_slash" {
  command = plan
  variables {
    image_registry = "example.azurecr.io/"
  }
  expect_failures = [var.image_registry]
}

run "pull_policy" {
  command = plan
  variables {
    image_pull_policy = "Sometimes"
  }
  expect_failures = [var.image_pull_policy]
}

run "database_without_tls" {
  command = plan
  variables {
    database = { host = "db.example.com", sslmode = "prefer" }
  }
  expect_failures = [var.database]
}

run "database_user_with_server" {
  command = plan
  variables {
    database = { host = "db.example.com", user = "prefect@db" }
  }
  expect_failures = [var.database]
}

run "database_host_a_url" {
  command = plan
  variables {
    database = { host = "postgres://db.example.com/prefect" }
  }
  expect_failures = [var.database]
}

run "password_too_short" {
  command = plan
  variables {
    database_password = "short"
  }
  expect_failures = [var.database_password]
}

run "label_with_space" {
  command = plan
  variables {
    agent = { labels = ["my label"] }
  }
  expect_failures = [var.agent]
}

run "label_empty" {
  command = plan
  variables {
    agent = { labels = [""] }
  }
  expect_failures = [var.agent]
}

run "agent_env_not_a_name" {
  command = plan
  variables {
    agent = { env = { "A-B" = "1" } }
  }
  expect_failures = [var.agent]
}

run "agent_env_of_the_module" {
  command = plan
  variables {
    agent = { env = { NAMESPACE = "other" } }
  }
  expect_failures = [var.agent]
}

run "agent_namespace_not_a_name" {
  command = plan
  variables {
    agent = { namespaces = ["Team A"] }
  }
  expect_failures = [var.agent]
}

run "job_pull_policy" {
  command = plan
  variables {
    agent = { job_image_pull_policy = "sometimes" }
  }
  expect_failures = [var.agent]
}

run "exposure_mode" {
  command = plan
  variables {
    exposure = { mode = "nodeport" }
  }
  expect_failures = [var.exposure]
}

run "exposure_host_a_url" {
  command = plan
  variables {
    exposure = { mode = "ingress", class_name = "traefik", api_host = "https://api.example.com", ui_host = "ui.example.com", public = false }
  }
  expect_failures = [var.exposure]
}

run "exposure_cidr" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.0.0.4", allowed_cidrs = ["10.0.0.4"] }
  }
  expect_failures = [var.exposure]
}

run "exposure_ip" {
  command = plan
  variables {
    exposure = { mode = "internal_lb", api_ip = "10.0.0.400" }
  }
  expect_failures = [var.exposure]
}

run "exposure_without_hosts" {
  command = plan
  variables {
    exposure = { mode = "gateway", class_name = "approuting-istio" }
  }
  expect_failures = [var.exposure]
}

run "exposure_same_host" {
  command = plan
  variables {
    exposure = { mode = "ingress", class_name = "traefik", api_host = "p.example.com", ui_host = "p.example.com", public = false }
  }
  expect_failures = [var.exposure]
}

run "load_balancer_nowhere" {
  command = plan
  variables {
    exposure = { mode = "internal_lb" }
  }
  expect_failures = [var.exposure]
}

run "ingress_without_class" {
  command = plan
  variables {
    exposure = { mode = "ingress", api_host = "api.example.com", ui_host = "ui.example.com", public = false }
  }
  expect_failures = [var.exposure]
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

run "ui_url_without_graphql" {
  command = plan
  variables {
    ui_api_url = "https://api.example.com"
  }
  expect_failures = [var.ui_api_url]
}

run "ui_url_without_scheme" {
  command = plan
  variables {
    ui_api_url = "api.example.com/graphql"
  }
  expect_failures = [var.ui_api_url]
}

run "tenant_for_the_shell" {
  command = plan
  variables {
    tenant_job = { enabled = true, name = "$(reboot)" }
  }
  expect_failures = [var.tenant_job]
}

run "values_not_yaml" {
  command = plan
  variables {
    values = ["a: [unclosed"]
  }
  expect_failures = [var.values]
}

run "timeout" {
  command = plan
  variables {
    timeout_seconds = 5
  }
  expect_failures = [var.timeout_seconds]
}

run "no_database" {
  command = plan
  variables {
    database = null
  }
  expect_failures = [helm_release.support, check.database_is_kept]
}

run "no_password" {
  command = plan
  variables {
    database_password = null
  }
  expect_failures = [helm_release.support]
}

run "two_passwords" {
  command = plan
  variables {
    database_existing_secret = "mine"
  }
  expect_failures = [helm_release.support]
}

run "ui_http_under_https" {
  command = plan
  variables {
    exposure   = { mode = "ingress", class_name = "traefik", api_host = "api.example.com", ui_host = "ui.example.com", tls_secret_name = "tls", public = false }
    ui_api_url = "http://api.example.com/graphql"
  }
  expect_failures = [helm_release.support]
}

run "agent_namespace_twice" {
  command = plan
  variables {
    agent = { namespaces = ["prefect"] }
  }
  expect_failures = [helm_release.support]
}

run "agents_without_agent" {
  command = plan
  variables {
    agent = { enabled = false, namespaces = ["team-a"] }
  }
  expect_failures = [helm_release.support]
}

run "chart_with_prefect_2_in_a_registry" {
  command = plan
  variables {
    chart = { name = "oci://example.azurecr.io/charts/prefect-server", version = "2022.9.7" }
  }
  expect_failures = [var.chart]
}

run "chart_without_tags_in_a_file" {
  command = plan
  variables {
    chart = { name = "./prefect-server-2022.03.29.tgz" }
  }
  expect_failures = [var.chart]
}

run "database_port" {
  command = plan
  variables {
    database = { host = "db.example.com", port = 0 }
  }
  expect_failures = [var.database]
}

run "existing_secret_not_a_name" {
  command = plan
  variables {
    database_password        = null
    database_existing_secret = "My Secret"
  }
  expect_failures = [var.database_existing_secret]
}

run "agent_memory_not_a_quantity" {
  command = plan
  variables {
    agent = { resources = { limits = { memory = "512 MB" } } }
  }
  expect_failures = [var.agent]
}

run "job_resource_unknown" {
  command = plan
  variables {
    agent = { job_resources = { limits = { "nvidia.com/gpu" = "1" } } }
  }
  expect_failures = [var.agent]
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
