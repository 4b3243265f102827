"""Run a flow with resources that no API server accepts, and follow the run to its end: refused.py FLOW_ID"""

import sys

from prefect import Client
from prefect.backend import FlowRunView
from prefect.backend.flow_run import watch_flow_run
from prefect.run_configs import KubernetesRun

run = Client().create_flow_run(
    flow_id=sys.argv[1], run_config=KubernetesRun(cpu_request=2, cpu_limit=1, labels=["interop"])
)
for line in watch_flow_run(run):
    print(line.message)
print(type(FlowRunView.from_flow_run_id(run).state).__name__)
