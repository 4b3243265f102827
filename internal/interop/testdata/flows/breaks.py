"""A flow whose second task fails, so that the third does not run."""

import os

from prefect import Flow, task
from prefect.run_configs import UniversalRun
from prefect.storage import Local


@task
def first():
    return 1


@task
def second(number):
    raise ValueError(f"{number} is not enough")


@task
def third(number):
    return number


with Flow(
    "breaks",
    run_config=UniversalRun(labels=["interop"]),
    storage=Local(path=os.path.abspath(__file__), stored_as_script=True, add_default_labels=False),
) as flow:
    third(second(first()))
