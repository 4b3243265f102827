# By id, or by name if no other run has it.
terraform import prefect_flow_run.backfill 9b1f3c7e-2a64-4a0f-8a0f-5d2e7c4b1a90
terraform import prefect_flow_run.backfill backfill-2024
