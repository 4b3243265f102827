"""A flow with mapped tasks, a branch and a schedule."""

import os
from datetime import timedelta

from prefect import Flow, case, task
from prefect.run_configs import UniversalRun
from prefect.schedules import IntervalSchedule
from prefect.storage import Local
from prefect.tasks.control_flow import merge


@task
def numbers():
    return [1, 2, 3]


@task
def square(number):
    return number * number


@task
def total(values):
    return sum(values)


@task
def is_large(value):
    return value > 10


@task(log_stdout=True)
def say(text, value):
    print(f"{text}: {value}")
    return text


with Flow(
    "mapped",
    schedule=IntervalSchedule(interval=timedelta(days=1)),
    run_config=UniversalRun(labels=["interop"]),
    storage=Local(path=os.path.abspath(__file__), stored_as_script=True, add_default_labels=False),
) as flow:
    result = total(square.map(numbers()))
    large = is_large(result)
    with case(large, True):
        a = say("large", result)
    with case(large, False):
        b = say("small", result)
    merge(a, b)
