"""Thirty small flows, some of which hold what the Server gives back in another form; TEAM is in their names."""

import os

from prefect import Flow, Parameter, task
from prefect.run_configs import KubernetesRun
from prefect.schedules import CronSchedule

TEAM = os.environ["TEAM"]


@task(max_retries=0)
def load(whole, big, path):
    return whole, big, path


for number in range(30):
    with Flow(
        f"{TEAM} load {number}",
        schedule=CronSchedule("0 3 * * *") if number % 7 == 0 else None,
        run_config=KubernetesRun(image="prefecthq/prefect:1.4.1", env={"HOME_OF": "${HOME}"}, labels=["team"]),
    ) as flow:
        load(Parameter("whole", default=1.0), Parameter("big", default=2**53 + 1), Parameter("path", default="%{x}\n"))
    globals()[f"flow_{number}"] = flow

del flow  # or it would be registered twice
