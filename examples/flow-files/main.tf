# Every build document of a directory is a flow: a new file registers one, a changed file a version, and a removed file archives its flow.
terraform {
  required_providers {
    prefect = { source = "prefect-server/prefect" }
  }
}

provider "prefect" {} # PREFECT__CLOUD__API, and the rest of the client's variables

resource "prefect_project" "data" {
  name = "data"
}

# A map rather than the set itself: Terraform evaluates for_each anew for each flow, and with 1,000 of them a set takes it seven times as long.
locals {
  flows = { for file in fileset("${path.module}/../flows", "*.json") : file => file }
}

resource "prefect_flow" "all" {
  for_each = local.flows

  project_id = prefect_project.data.id
  flow_file  = "${path.module}/../flows/${each.value}"
}

# What a review needs to read: the flows, and what the newest version of each changes.
output "flows" {
  value = { for file, flow in prefect_flow.all : flow.name => flow.summary }
}

output "changes" {
  value = { for file, flow in prefect_flow.all : flow.name => flow.changes if flow.changes != null }
}
