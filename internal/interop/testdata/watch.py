"""Follow a flow run to its end: watch.py FLOW_RUN_ID"""

import sys

from prefect.backend import FlowRunView
from prefect.backend.flow_run import watch_flow_run

for line in watch_flow_run(sys.argv[1]):
    print(line.message)
run = FlowRunView.from_flow_run_id(sys.argv[1])
print(type(run.state).__name__, run.name)
