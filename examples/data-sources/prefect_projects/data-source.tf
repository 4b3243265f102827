data "prefect_projects" "etl" {
  name_like = "etl-%"
}

output "projects" {
  value = { for project in data.prefect_projects.etl.projects : project.name => project.id }
}
