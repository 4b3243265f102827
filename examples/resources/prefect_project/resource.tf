resource "prefect_project" "example" {
  name        = "exampleProject"
  description = "Nightly loads."
}
