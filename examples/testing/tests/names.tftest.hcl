# Needs no Server: of the provider, only schemas and validation run.
mock_provider "prefect" {
  # What Terraform makes up for ids are no UUIDs, which other resources would refuse.
  mock_resource "prefect_project" {
    defaults = { id = "8b4a1f0e-4c56-4a39-9d5e-2f1c7c5b8a01" }
  }
}

variables {
  environment = "staging"
}

run "names" {
  assert {
    condition     = prefect_project.data.name == "data-staging"
    error_message = "the project is ${prefect_project.data.name}"
  }
  assert {
    condition     = prefect_flow.etl.labels == toset(["staging"])
    error_message = "the flow has the labels ${join(", ", prefect_flow.etl.labels)}"
  }
}
