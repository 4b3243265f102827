# What the module refuses at plan.
mock_provider "azapi" {}

variables {
  cluster_id = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/example/providers/Microsoft.ContainerService/managedClusters/example"
}

run "cluster_by_name" {
  command = plan
  variables {
    cluster_id = "example"
  }
  expect_failures = [var.cluster_id]
}

run "version" {
  command = plan
  variables {
    api_version = "v1"
  }
  expect_failures = [var.api_version]
}
