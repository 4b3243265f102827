# One run for each day. Days that are added later run then; those that have run do not run again.
variable "flow" {
  description = "Version group of the flow."
  type        = string
}

variable "days" {
  type    = set(string)
  default = ["2026-03-01", "2026-03-02", "2026-03-03"]
}

resource "prefect_flow_run" "backfill" {
  for_each = var.days

  version_group_id = var.flow # not flow_id: a new version must not run the past again
  name             = "backfill-${each.value}"
  parameters       = jsonencode({ day = each.value })
  on_failure       = "warn" # the other days go on

  timeouts = {
    pick_up = "6h" # they queue for the agents
    total   = "12h"
  }
}

output "failed" {
  value = [for day, run in prefect_flow_run.backfill : day if run.state != "Success"]
}
