# By id, or by the tenant's slug.
terraform import prefect_tenant.data 6f6a2b9e-1f0e-4f63-9a3c-7a3e1d0f2b11
terraform import prefect_tenant.data data-platform
