# Waits for a Server that is still starting.
data "prefect_server" "this" {
  wait = "5m"
}

output "version" {
  value = data.prefect_server.this.version
}
