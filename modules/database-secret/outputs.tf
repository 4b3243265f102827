output "name" {
  description = "Name of the Secret, for database_existing_secret of the module prefect-server. Available when the Secret is there."
  value       = helm_release.this.name
}
