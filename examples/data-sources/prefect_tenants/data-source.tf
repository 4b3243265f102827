data "prefect_tenants" "all" {}

output "tenants" {
  value = { for tenant in data.prefect_tenants.all.tenants : tenant.slug => tenant.id }
}
