# B after A: B starts when A has succeeded, with what A is known by.
variable "extract_flow" {
  description = "Version group of the flow that runs first."
  type        = string
}

variable "load_flow" {
  description = "Version group of the flow that runs after it."
  type        = string
}

resource "prefect_flow_run" "extract" {
  version_group_id = var.extract_flow
  wait_for         = "finished"
}

resource "prefect_flow_run" "load" {
  version_group_id = var.load_flow
  parameters       = jsonencode({ source_run = prefect_flow_run.extract.id })

  # Another run of A is followed by another of B, also where B gets nothing from A.
  triggers = { extract = prefect_flow_run.extract.id }
}
