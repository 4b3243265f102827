resource "prefect_tenant" "data" {
  name = "Data platform"
  slug = "data-platform"
}
