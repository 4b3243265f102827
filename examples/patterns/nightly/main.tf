# Every night at two, Berlin time, whatever schedule the flow has itself.
variable "project_id" {
  type = string
}

resource "prefect_flow" "report" {
  project_id = var.project_id
  flow_file  = "${path.module}/../../flows/etl.json"
}

resource "prefect_flow_group" "report" {
  version_group_id = prefect_flow.report.id

  schedule = {
    timezone = "Europe/Berlin"
    clocks   = [{ cron = "0 2 * * *" }]
  }
  schedule_active = true
}
