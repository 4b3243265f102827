"""Run a flow with a job template, and follow the run to its end: templated.py FLOW_ID TEMPLATE"""

import json
import sys

from prefect import Client
from prefect.backend import FlowRunView
from prefect.backend.flow_run import watch_flow_run
from prefect.run_configs import KubernetesRun

run_config = KubernetesRun(job_template=json.loads(sys.argv[2]), labels=["interop"])
run = Client().create_flow_run(flow_id=sys.argv[1], run_config=run_config)
for line in watch_flow_run(run):
    print(line.message)
print(type(FlowRunView.from_flow_run_id(run).state).__name__)
