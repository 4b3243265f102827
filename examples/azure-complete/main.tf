# Everything from nothing: network, AKS, ACR, PostgreSQL, Prefect Server with its agent; a project, a flow (whose image is built in
# that registry if its source is given), and a run of it that the apply waits for.
#
# One apply suffices where Terraform's own machine reaches the Kubernetes API: here, because the addresses in
# api_server_ranges may. See the guide "Azure modules" for when two states are better.

module "stack" {
  source = "../../modules/stack"

  name              = var.name
  location          = var.location
  database_password = var.database_password

  cluster = {
    private_cluster_enabled         = false
    api_server_authorized_ip_ranges = var.api_server_ranges
    cluster_admin_principal_ids     = { administrator = terraform_data.administrator.output }
  }

  registry = {
    # The build below runs on Azure's shared builders, which need public access (with a login).
    public_network_access_enabled = true
    # With these the Server's images come through the registry, which does not fetch from Docker Hub without a login.
    cache_credentials = var.docker_hub
    build = var.build_context == null ? null : {
      context = var.build_context
      image   = var.flow_image
    }
  }
  registry_build_context_token = var.build_context_token

  prefect = {
    # Made below, so that the password gets into no state.
    database_existing_secret = module.database_secret.name

    agent = {
      labels = ["aks"]
      # For runs that ask for nothing else.
      job_resources = { requests = { cpu = "250m", memory = "512Mi" }, limits = { memory = "1Gi" } }
    }
    # Additions, such as the chart from a registry of your own, come in through the variable.
    chart  = var.chart
    values = var.chart_values
  }
}

module "database_secret" {
  source = "../../modules/database-secret"

  password = var.database_password
}

data "azurerm_client_config" "current" {}

# By default the first person who applies this is the administrator, and later applies by others do not change
# that.
resource "terraform_data" "administrator" {
  input            = coalesce(var.administrator_object_id, data.azurerm_client_config.current.object_id)
  triggers_replace = coalesce(var.administrator_object_id, "first")

  lifecycle {
    ignore_changes = [input]
  }
}

resource "prefect_tenant" "default" {
  name = "default"
  slug = "default"
}

resource "prefect_project" "example" {
  name = "exampleProject"

  depends_on = [prefect_tenant.default]
}

resource "prefect_flow" "example" {
  project_id = prefect_project.example.id
  flow_json  = file(var.flow_file)
  name       = "my-example-flow"

  labels = ["aks"]
  run_config = {
    kubernetes = {
      image  = coalesce(module.stack.registry.flow_image, "${module.stack.registry.mirrors ? "${module.stack.registry.login_server}/" : ""}prefecthq/prefect:1.4.0")
      labels = ["aks"]
    }
  }
  deletion_policy = "delete"
}

resource "prefect_flow_run" "example" {
  flow_id    = prefect_flow.example.flow_id
  wait_for   = "finished"
  on_destroy = "delete"

  timeouts = {
    total = "15m"
  }
}
