import {
  to = prefect_project.example
  identity = {
    id = "0d3a7f0e-5d0b-4b9a-9e43-0c5c2a4e8f10"
  }
}
