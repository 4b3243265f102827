# By id. The versions of secrets begin with 1.
terraform import prefect_cloud_hook.etl_failed 7a1f3c5d-2b4e-4f60-8d92-1e3c5a7b9d0f
