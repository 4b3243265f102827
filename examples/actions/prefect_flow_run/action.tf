# Terraform 1.14 and later. By hand: terraform apply -invoke action.prefect_flow_run.smoke_test
action "prefect_flow_run" "smoke_test" {
  config {
    version_group_id = prefect_flow.etl.id
    name             = "smoke-test"
    parameters       = jsonencode({ dry_run = true })
    labels           = ["production"]

    timeouts = {
      total = "10m"
    }
  }
}

# Or whenever a new version of the flow is registered.
resource "prefect_flow" "etl" {
  project_id = prefect_project.data.id
  flow_json  = file("${path.module}/etl.json")

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.prefect_flow_run.smoke_test]
    }
  }
}
