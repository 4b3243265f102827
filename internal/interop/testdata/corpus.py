"""Write a build document with flows of every kind that Prefect 1.4.1 can serialise: corpus.py OUTPUT

Storage is not built, since that would need buckets, repositories and a Docker engine: what is written is what
`prefect build` writes once the building has succeeded.
"""

import datetime
import json
import sys
from datetime import timedelta

import pendulum
from dateutil import rrule
from prefect import Flow, Parameter, case, mapped, task, unmapped
from prefect.core.parameter import DateTimeParameter
from prefect.engine.results import GCSResult, LocalResult, PrefectResult, S3Result
from prefect.run_configs import DockerRun, ECSRun, KubernetesRun, LocalRun, UniversalRun, VertexRun
from prefect.schedules import CronSchedule, IntervalSchedule, RRuleSchedule, Schedule, adjustments, clocks, filters
from prefect.storage import (
    GCS,
    S3,
    Azure,
    Bitbucket,
    CodeCommit,
    Docker,
    Git,
    GitHub,
    GitLab,
    Local,
    Module,
    Webhook,
)
from prefect.tasks.control_flow import merge
from prefect.tasks.secrets import PrefectSecret

FLOWS = {}


def script():
    return Local(directory="/flows", path="/flows/flow.py", stored_as_script=True, add_default_labels=False)


@task
def say(value=None):
    return value


@task(name="nämed tàsk 🚀", tags=["a", "b"], max_retries=3, retry_delay=timedelta(minutes=1.5), timeout=90, nout=2)
def elaborate(x, y=1.5):
    """A docstring with "quotes", a back\\slash and ünïcode 漢字."""
    return x, y


def flow(name, storage=None, run_config=None, schedule=None, body=None, **options):
    """Add a flow, whose body is called within it; by default it is one task with one parameter."""
    assert name not in FLOWS, name
    with Flow(name, storage=storage or script(), run_config=run_config or UniversalRun(), schedule=schedule, **options) as made:
        (body or (lambda: say(Parameter("x", default=1))))()
    made.storage.add_flow(made)
    made.result = made.result or made.storage.result
    made.run_config.labels.update(made.storage.labels)
    FLOWS[name] = made.serialize(build=False)


def storages():
    flow("storage-local", script())
    flow("storage-local-pickled", Local(directory="/flows", add_default_labels=False, secrets=["KEY"]))
    flow("storage-module", Module("company.flows"))
    flow("storage-s3", S3(bucket="b", key="flows/f.py", stored_as_script=True, client_options={"region_name": "eu"}, upload_options={"ACL": "x"}))
    flow("storage-s3-result", S3(bucket="b", key="k", secrets=["AWS_CREDENTIALS"]), result=S3Result(bucket="results", location="{date:%Y}/x"))
    flow("storage-gcs", GCS(bucket="b", key="flows/f.py", project="p", stored_as_script=True), result=GCSResult(bucket="results"))
    flow("storage-azure", Azure(container="c", connection_string_secret="CONNECTION", blob_name="f.py", stored_as_script=True, overwrite=True))
    flow("storage-github", GitHub(repo="org/repo", path="flows/f.py", ref="v1.2", access_token_secret="TOKEN", base_url="https://git.example.com"))
    flow("storage-gitlab", GitLab(repo="42", path="flows/f.py", ref="main", host="https://gitlab.example.com", access_token_secret="TOKEN"))
    flow("storage-bitbucket", Bitbucket(project="P", repo="r", path="f.py", host="https://bitbucket.example.com", access_token_secret="TOKEN"))
    flow("storage-bitbucket-cloud", Bitbucket(project="P", repo="r", workspace="w", path="f.py", cloud_username_secret="U", cloud_app_password_secret="P"))
    flow("storage-codecommit", CodeCommit(repo="r", path="f.py", commit="abc", client_options={"region_name": "eu-central-1"}))
    flow("storage-git", Git(flow_path="f.py", repo="org/repo", branch_name="main", git_token_secret_name="TOKEN", clone_depth=3, use_ssh=True))
    flow("storage-git-tag", Git(flow_path="f.py", git_clone_url_secret_name="URL", tag="v1"))
    flow("storage-docker", Docker(
        registry_url="registry.example.com/flows", image_name="f", image_tag="2024-01-01", python_dependencies=["pandas==1.5"],
        env_vars={"A": "1"}, files={"/here/a": "/there/a"}, prefect_version="1.4.1", path="/flows/f.py", stored_as_script=True,
    ))
    flow("storage-docker-pickled", Docker(registry_url="registry.example.com", image_name="g", image_tag="1"))
    flow("storage-webhook", Webhook(
        build_request_kwargs={"url": "https://${HOST}/upload", "headers": {"X-Key": "${KEY}"}}, build_request_http_method="POST",
        get_flow_request_kwargs={"url": "https://example.com/download?a=1&b=<2>"}, get_flow_request_http_method="GET",
    ))


JOB = {
    "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work", "annotations": {"a/b": "ç"}},
    "spec": {"backoffLimit": 0, "template": {"spec": {"containers": [{
        "name": "flow", "image": "i:1", "env": [{"name": "A", "value": "1"}],
        "resources": {"limits": {"cpu": 2, "memory": "1Gi"}}, "securityContext": {"runAsUser": 1000},
    }]}}},
}


def run_configs():
    flow("run-universal", run_config=UniversalRun(env={"A": "1", "b": "ü"}, labels=["z", "a"]))
    flow("run-local", run_config=LocalRun(env={"A": "1"}, working_dir="/srv/é", labels=["l"]))
    flow("run-docker", run_config=DockerRun(image="i:1", env={"A": "1"}, ports=[80, 443], host_config={"auto_remove": True}, labels=["d"]))
    flow("run-ecs", run_config=ECSRun(image="i:1", cpu="1 vcpu", memory="2 GB", task_role_arn="arn:1", run_task_kwargs={"cluster": "c", "count": 1}))
    flow("run-ecs-definition", run_config=ECSRun(task_definition={"family": "f", "containerDefinitions": [{"name": "flow", "cpu": 256}]}))
    flow("run-vertex", run_config=VertexRun(image="i:1", machine_type="e2", scheduling={"timeout": "3600s"}, network="n"))
    flow("run-kubernetes", run_config=KubernetesRun())
    flow("run-kubernetes-all", run_config=KubernetesRun(
        image="i:1", env={"B": "2", "A": "1"}, cpu_limit=2, cpu_request=0.5, memory_limit="2Gi", memory_request="512Mi",
        service_account_name="sa", image_pull_secrets=["s2", "s1"], image_pull_policy="Always", labels=["k8s", "z", "a"],
    ))
    flow("run-kubernetes-template", run_config=KubernetesRun(job_template=JOB, labels=["k8s"]))
    flow("run-kubernetes-yaml", run_config=KubernetesRun(job_template="kind: Job\nspec:\n  template:\n    spec: {containers: [{name: flow}]}\n"))
    flow("run-kubernetes-path", run_config=KubernetesRun(job_template_path="s3://bucket/job.yaml"))


def schedules():
    utc = pendulum.datetime(2024, 1, 1, 12, 30)
    flow("schedule-cron", schedule=CronSchedule("0 9 * * MON-FRI"))
    flow("schedule-cron-zone", schedule=CronSchedule("*/15 * * * *", start_date=pendulum.datetime(2024, 3, 1, tz="Europe/Berlin")))
    flow("schedule-interval", schedule=IntervalSchedule(interval=timedelta(hours=1, seconds=30), start_date=utc, end_date=utc.add(years=50)))
    flow("schedule-interval-fraction", schedule=IntervalSchedule(interval=timedelta(minutes=10, milliseconds=250)))
    flow("schedule-dates", schedule=Schedule(clocks=[clocks.DatesClock([utc, utc.add(days=1, microseconds=5)])]))
    flow("schedule-rrule", schedule=RRuleSchedule(rrule.rrule(freq=rrule.DAILY, count=5, dtstart=datetime.datetime(2024, 1, 1))))
    flow("schedule-clocks", schedule=Schedule(
        clocks=[
            clocks.CronClock("0 6 * * *", parameter_defaults={"x": 2, "y": {"z": [1.0, None, True]}}, labels=["early"]),
            clocks.IntervalClock(timedelta(days=1), start_date=utc, parameter_defaults={"x": 1e-7}),
        ],
        filters=[filters.is_weekday, filters.between_times(pendulum.time(9), pendulum.time(17))],
        or_filters=[filters.is_month_end, filters.on_date(12, 24)],
        not_filters=[filters.between_dates(12, 25, 12, 31)],
        adjustments=[adjustments.next_weekday],
    ))


def bodies():
    def values():
        for number, default in enumerate([
            None, True, 0, -1, 1.0, 0.1, 1e16, 1e-5, 1e22, -0.0, 2**63, 10**40, "", "text", "ü 漢字 🚀 \u2028 <>&\"\\/\x01\x7f",
            [], [1, [2, {"a": None}]], {}, {"b": 1, "a": {"ü": [1.5]}}, 123456789.123456789, 5e-324, 1.7976931348623157e308,
        ]):
            say(Parameter(f"p{number}", default=default))
        say(Parameter("required"))
        say(DateTimeParameter("when", required=False))

    def maps():
        first = say.map(say.map([1, 2, 3]))
        elaborate.map(first, y=unmapped(2.5))
        say(mapped([1, 2]))

    def branches():
        condition = say(True)
        with case(condition, True):
            a = say("a")
        with case(condition, False):
            b = say("b")
        merge(a, b)

    def options():
        secret = PrefectSecret("TOKEN")
        task_with_result = say.copy()
        task_with_result.result = PrefectResult()
        task_with_result.checkpoint = True
        x, y = elaborate(secret, task_args=dict(name="renamed", trigger=__import__("prefect").triggers.any_failed, skip_on_upstream_skip=False))
        task_with_result(x, upstream_tasks=[y])
        say({"k": [x, y], "t": (1, 2)})

    def thousand():
        previous = None
        for number in range(1000):
            made = say.copy(name=f"task {number:03}")
            previous = made(number, upstream_tasks=[previous] if previous is not None and number % 7 else [])

    flow("empty", body=lambda: None)
    flow("parameters", body=values)
    flow("mapped", body=maps)
    flow("branches", body=branches)
    flow("options", body=options, result=LocalResult(dir="/results"))
    flow("names äöü 漢字 🚀 <>& ' \" \\", body=maps)
    flow("thousand", body=thousand)


def main():
    storages()
    run_configs()
    schedules()
    bodies()
    with open(sys.argv[1], "w") as output:
        json.dump({"version": 1, "flows": [FLOWS[name] for name in sorted(FLOWS)]}, output, sort_keys=True)


if __name__ == "__main__":
    main()
