"""A flow that succeeds: a parameter, a printed line, a result that others can read."""

import os

from prefect import Flow, Parameter, task
from prefect.engine.results import LocalResult
from prefect.run_configs import UniversalRun
from prefect.storage import Local


@task(log_stdout=True, result=LocalResult(dir=os.path.join(os.path.dirname(os.path.abspath(__file__)), "results")))
def greet(name):
    print(f"Hello, {name}!")
    return f"greeted {name}"


with Flow(
    "greet",
    run_config=UniversalRun(labels=["interop"]),
    storage=Local(path=os.path.abspath(__file__), stored_as_script=True, add_default_labels=False),
) as flow:
    greet(Parameter("name", default="world"))
