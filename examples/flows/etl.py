"""Extract, transform, load: three tasks that pass data on, run by the default Job template of the agent."""

from prefect import Flow, task
from prefect.run_configs import KubernetesRun
from prefect.storage import Local


@task
def extract():
    return [1, 2, 3]


@task
def transform(values):
    return [value * 10 for value in values]


@task
def load(values):
    print(f"Here is your data: {values}")


with Flow(
    "etl",
    run_config=KubernetesRun(labels=["k8s"]),
    storage=Local(
        directory="/opt/prefect/flows",
        path="/opt/prefect/flows/etl.py",
        stored_as_script=True,
        add_default_labels=False,
    ),
) as flow:
    load(transform(extract()))
