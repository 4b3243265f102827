# The database's Service is not exposed. The address exists while Terraform runs.
ephemeral "prefect_port_forward" "database" {
  namespace = "prefect"
  service   = "prefect-postgresql"
  port      = "5432"
}

provider "postgresql" {
  host = ephemeral.prefect_port_forward.database.host
  port = ephemeral.prefect_port_forward.database.local_port
}
