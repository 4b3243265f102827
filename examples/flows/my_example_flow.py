"""The walk-through's flow: one task that logs a greeting, run as a Kubernetes Job by the agent that carries the label.

The Job template beside this file is read when the flow is built, from this folder, and travels inside the registration.
The flow itself is read from its script inside the flow's image, so nothing is pickled. The script reads the template there
too, whatever becomes of it: the image needs both files, and their folder as its working directory.
"""

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
    run_config=KubernetesRun(
        job_template_path="deploy_linux.yaml",
        labels=["9bad561ac917"],
    ),
    storage=Local(
        directory="/opt/prefect/flows",
        path="/opt/prefect/flows/my_example_flow.py",
        stored_as_script=True,
        add_default_labels=False,
    ),
) as flow:
    say_hello()
