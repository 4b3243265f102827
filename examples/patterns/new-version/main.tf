# A smoke test whenever Terraform registers a flow, or changes it otherwise (`schedule_active`). One action serves all flows:
# `caller` is the object that triggers it. This needs Terraform 1.16; with 1.14 and 1.15, give each flow its own action,
# which names the flow.
resource "prefect_project" "data" {
  name = "data"
}

resource "prefect_flow" "etl" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/../../flows/etl.json"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.prefect_flow_run.smoke_test]
    }
  }
}

resource "prefect_flow" "example" {
  project_id = prefect_project.data.id
  flow_file  = "${path.module}/../../flows/my_example_flow.json"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.prefect_flow_run.smoke_test]
    }
  }
}

action "prefect_flow_run" "smoke_test" {
  config {
    flow_id = caller.flow_id
    name    = "smoke test of ${caller.name}, version ${caller.version}"
  }
}
