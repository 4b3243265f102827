# What the module refuses at plan.
mock_provider "helm" {}

variables {
  password = "correct horse"
}

run "name" {
  command = plan
  variables {
    name = "Prefect_Database"
  }
  expect_failures = [var.name]
}

run "namespace" {
  command = plan
  variables {
    namespace = "Prefect!"
  }
  expect_failures = [var.namespace]
}

run "password_too_short" {
  command = plan
  variables {
    password = "short"
  }
  expect_failures = [var.password]
}

run "password_version" {
  command = plan
  variables {
    password_version = 0
  }
  expect_failures = [var.password_version]
}
