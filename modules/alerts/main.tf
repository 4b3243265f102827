locals {
  # Log lines of the release's pods. Those of the CronJob are called NAME-watch-TIME-RANDOM, those of towel NAME-towel-HASH-RANDOM.
  lines   = <<-EOT
    ContainerLogV2
    | where _ResourceId =~ "${var.cluster_id}"
    | where PodNamespace == "${var.release.namespace}"
  EOT
  watched = <<-EOT
    ${local.lines}| where PodName startswith "${var.release.name}-watch-"
    | extend seen = parse_json(tostring(LogMessage))
    | where seen.prefect_watch == 1
  EOT

  alerts = {
    agent-silent = {
      description = "A Prefect agent no longer asks for runs, or the Server does not answer, so that its runs do not start. See the logs of its pod in namespace ${var.release.namespace}."
      query       = "${local.watched}| where array_length(seen.silent_agents) > 0 or isnotempty(seen.error)"
      # Twice in a row, because an agent that restarts is silent for a minute.
      operator  = "GreaterThan"
      threshold = 1
      window    = "PT15M"
    }
    towel-silent = {
      description = "towel, which schedules runs, has logged nothing for half an hour, so that no new runs are scheduled; or the cluster's logs do not reach the workspace."
      query       = "${local.lines}| where PodName startswith \"${var.release.name}-towel-\""
      operator    = "LessThan"
      threshold   = 1
      window      = "PT30M"
    }
    runs-late = {
      description = "Flow runs are past their start time and have not started. No agent has their labels, the agents do not keep up, or the cluster has no room."
      query       = "${local.watched}| where toint(seen.late_runs) > 0"
      operator    = "GreaterThan"
      threshold   = 1
      window      = "PT15M"
    }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.alerts

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  description             = each.value.description
  scopes                  = [var.log_analytics_workspace.id]
  severity                = var.severity
  evaluation_frequency    = "PT5M"
  window_duration         = each.value.window
  auto_mitigation_enabled = true
  # The table of container logs does not exist before the first logs arrive.
  skip_query_validation = true

  criteria {
    query                   = each.value.query
    time_aggregation_method = "Count"
    operator                = each.value.operator
    threshold               = each.value.threshold
  }

  action {
    action_groups = var.action_group_ids
  }
}
