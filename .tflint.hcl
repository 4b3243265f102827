# All rules of the Terraform language. Those of Azure are a plugin that would have to be downloaded; the modules' own
# validations, and the azurerm provider in `make test-modules`, stand in for them.
config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Modules are ordered by what belongs together, and examples are read from top to bottom.
rule "terraform_standard_module_structure" {
  enabled = false
}
