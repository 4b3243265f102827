"""A flow that ends when a file appears, so that a test can look at it while it runs."""

import os
import time

from prefect import Flow, Parameter, task
from prefect.run_configs import UniversalRun
from prefect.storage import Local


@task(log_stdout=True)
def wait(path):
    print("Waiting for the file.")
    while not os.path.exists(path):
        time.sleep(0.1)
    print("The file is there.")


with Flow(
    "waits",
    run_config=UniversalRun(labels=["interop"]),
    storage=Local(path=os.path.abspath(__file__), stored_as_script=True, add_default_labels=False),
) as flow:
    wait(Parameter("path"))
