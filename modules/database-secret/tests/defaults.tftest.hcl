# What the module releases.
mock_provider "helm" {}

variables {
  password = "Correct,Horse\\1"
}

run "defaults" {
  assert {
    condition = alltrue([
      helm_release.this.name == "prefect-database",
      helm_release.this.namespace == "prefect",
      helm_release.this.create_namespace,
      helm_release.this.reuse_values,
      helm_release.this.set_wo_revision == 1,
      helm_release.this.set_wo == null,
      output.name == "prefect-database",
    ])
    error_message = "The release is wrong, or keeps the password."
  }
}
