# By id, by name in the provider's tenant, or by tenant and name.
terraform import prefect_project.example 0d3a7f0e-5d0b-4b9a-9e43-0c5c2a4e8f10
terraform import prefect_project.example exampleProject
terraform import prefect_project.example data-platform/exampleProject
