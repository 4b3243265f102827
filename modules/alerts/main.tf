locals {
  # Lines of the release's pods. A CronJob's pods are NAME-watch-TIME-RANDOM, a Deployment's NAME-towel-HASH-RANDOM.
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
      description = "An agent of Prefect has stopped asking for runs, or the Server does not answer. Runs for it do not start. See kubectl -n ${var.release.namespace} logs of its pod."
      query       = "${local.watched}| where array_length(seen.silent_agents) > 0 or isnotempty(seen.error)"
      # Twice in a row: an agent that starts anew is silent for a minute.
      operator  = "GreaterThan"
      threshold = 1
      window    = "PT15M"
    }
    towel-silent = {
      description = "towel, which schedules runs, has not written to its log for half an hour: no new runs are scheduled. Or nothing of the cluster's logs arrives."
      query       = "${local.lines}| where PodName startswith \"${var.release.name}-towel-\""
      operator    = "LessThan"
      threshold   = 1
      window      = "PT30M"
    }
    runs-late = {
      description = "Runs of flows have not begun although it is time. No agent has their labels, the agents do not keep up, or the cluster has no room."
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
  # The table of the containers' logs is not there before the first of them arrive.
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
