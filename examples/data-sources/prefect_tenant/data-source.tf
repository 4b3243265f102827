data "prefect_tenant" "default" {
  slug = "default"
}
