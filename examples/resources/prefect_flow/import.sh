# By version group or by the id of any version, in whatever tenant, or by project and name, with the slug of another tenant before them.
# A version group that is no UUID must be in the tenant of the provider, or in one other only.
terraform import prefect_flow.etl 4c1d7a52-7a53-4a41-b7d8-3f0a6b2c9d55
terraform import prefect_flow.etl exampleProject/etl
# With flow_file: the state then has the path in place of the flow.
terraform import prefect_flow.etl 'exampleProject/etl?flow_file=./etl.json'
terraform import prefect_flow.etl data-platform/exampleProject/etl
