"""A flow whose second task fails until somebody mends it; every task leaves a trace in the directory RESTART_DIR."""

import os
import pathlib

from prefect import Flow, task
from prefect.engine.results import LocalResult
from prefect.run_configs import UniversalRun
from prefect.storage import Local
from prefect.triggers import all_finished

DIR = pathlib.Path(os.environ["RESTART_DIR"])
RESULT = LocalResult(dir=str(DIR / "results"))


def trace(name, value=""):
    with open(DIR / name, "a") as file:
        file.write(f"{value}.")


@task(checkpoint=True, result=RESULT)
def extract():
    trace("extract")
    return 41


@task(checkpoint=True, result=RESULT)
def transform(number):
    if not (DIR / "mended").exists():
        raise RuntimeError("not yet")
    return number + 1


@task
def load(number):
    trace("load", number)


@task(trigger=all_finished)
def tidy(number):
    trace("tidy")


with Flow(
    "restarted",
    run_config=UniversalRun(labels=[]),
    storage=Local(path=os.path.abspath(__file__), stored_as_script=True, add_default_labels=False),
) as flow:
    transformed = transform(extract())
    load(transformed)
    tidy(transformed)
