variable "slack_url" {
  type      = string
  ephemeral = true
}

variable "pagerduty" {
  type      = object({ api_token = string, routing_key = string })
  ephemeral = true
}

# Failures of one flow, in Slack. Raise the version when the URL changes.
resource "prefect_cloud_hook" "etl_failed" {
  name             = "etl failed"
  version_group_id = prefect_flow.etl.id
  states           = ["Failed", "TimedOut", "TriggerFailed"]

  slack = {
    url_wo         = var.slack_url
    url_wo_version = 1
  }
}

# Failures of all flows of the tenant, in PagerDuty.
resource "prefect_cloud_hook" "failed" {
  states = ["Failed"]

  pagerduty = {
    api_token_wo           = var.pagerduty.api_token
    api_token_wo_version   = 1
    routing_key_wo         = var.pagerduty.routing_key
    routing_key_wo_version = 1
    severity               = "error"
  }
}

# Every run that has succeeded, at a URL that is no secret. Switched off for now.
resource "prefect_cloud_hook" "succeeded" {
  states  = ["Success"]
  webhook = { url = "http://metrics.internal/prefect" }
  active  = false
}
