"""The walk-through's flow: one task that logs a greeting, run as a Kubernetes Job by the agent that carries the label.

It runs wherever Prefect 1 is, in the stock image as on a laptop, because the registration carries the script: `prefect build` puts
this file's text into the variable FLOW_SCRIPT, and the container of the Job template beside it writes it to a directory of its own,
where the storage looks for it. Flows of yours are usually in an image of yours instead: see etl.py.
"""

from pathlib import Path

import prefect
from prefect import Flow, task
from prefect.run_configs import KubernetesRun
from prefect.storage import Local


@task
def say_hello():
    logger = prefect.context.get("logger")
    logger.info("Hello from Kubernetes!")


with Flow(
    "my-example-flow",
    storage=Local(
        directory="/opt/prefect/flows",
        path="my_example_flow.py",
        stored_as_script=True,
        add_default_labels=False,
    ),
) as flow:
    say_hello()

# Where the flow runs, its registration has all of this already, and the template is not at hand.
if Path("deploy_linux.yaml").exists():
    flow.run_config = KubernetesRun(
        job_template_path="deploy_linux.yaml",
        labels=["k8s"],
        env={"FLOW_SCRIPT": Path(__file__).read_text()},
    )
