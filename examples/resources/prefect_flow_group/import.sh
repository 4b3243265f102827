# By the id of the group (flow_group_id of a prefect_flow), or by its version group (id of a prefect_flow).
# A version group that is no UUID must be in the tenant of the provider, or in one other only.
terraform import prefect_flow_group.etl 9d2b8c1e-3f0a-4d57-9a46-6c1f2e7b8a90
terraform import prefect_flow_group.etl 4c1d7a52-7a53-4a41-b7d8-3f0a6b2c9d55
