data "prefect_project" "example" {
  name = "exampleProject"
}
