"""A flow that runs others and reads what became of them, as flows of flows do."""

import os
import time

import prefect
from prefect import Flow, Parameter, task
from prefect.backend import FlowRunView, FlowView, TaskRunView
from prefect.backend.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    delete_artifact,
    update_link_artifact,
    update_markdown_artifact,
)
from prefect.run_configs import UniversalRun
from prefect.storage import Local
from prefect.tasks.prefect import (
    StartFlowRun,
    create_flow_run,
    get_task_run_result,
    wait_for_flow_run,
)


@task
def look(child, project):
    """What the views of the child's flow and run say; raises if that is not what was asked for."""
    logger = prefect.context.get("logger")
    run = child if isinstance(child, FlowRunView) else FlowRunView.from_flow_run_id(child)
    by_name = FlowView.from_flow_name("greet", project_name=project)
    by_id = FlowView.from_flow_id(run.flow_id)
    query = """query($id: uuid) { flow(where: {id: {_eq: $id}}) { flow_group_id } }"""
    answer = prefect.Client().graphql(query, variables={"id": run.flow_id})
    by_group = FlowView.from_flow_group_id(answer.data.flow[0].flow_group_id)
    assert by_name.flow_id == by_id.flow_id == by_group.flow_id, (by_name, by_id, by_group)
    assert by_id.run_config.labels == {"interop"} and by_id.core_version == prefect.__version__
    assert run.state.is_successful() and run.parameters == {"name": "child"}, run
    assert run.get_flow_metadata().name == "greet"
    slugs = {t.task_slug: t.state.is_successful() for t in run.get_all_task_runs()}
    assert slugs == {"greet-1": True, "name": True}, slugs
    greeted = run.get_task_run(task_slug="greet-1")
    assert greeted.get_result() == "greeted child", greeted
    assert TaskRunView.from_task_run_id(greeted.task_run_id).get_result() == "greeted child"
    # The flow runner sends its last lines after the final state.
    while "Hello, child!" not in [line.message for line in run.get_latest().get_logs()]:
        time.sleep(0.2)
    logger.info("The views agree on %s.", by_id.flow.name)


@task
def artifacts():
    link = create_link_artifact("http://example.com/first")
    update_link_artifact(link, "http://example.com/second")
    text = create_markdown_artifact("# First")
    update_markdown_artifact(text, "# Second")
    delete_artifact(create_markdown_artifact("# Gone"))
    return [link, text]


@task(log_stdout=True)
def report(result):
    print(f"The child's result: {result}")


with Flow(
    "parent",
    run_config=UniversalRun(labels=["interop"]),
    storage=Local(path=os.path.abspath(__file__), stored_as_script=True, add_default_labels=False),
) as flow:
    project = Parameter("project")
    child = create_flow_run(flow_name="greet", project_name=project, parameters={"name": "child"}, run_name="the child")
    view = wait_for_flow_run(child, raise_final_state=True, stream_logs=True)
    report(get_task_run_result(child, "greet-1", poll_time=3, upstream_tasks=[view]))
    look(child, project, upstream_tasks=[view])
    artifacts()
    StartFlowRun(flow_name="greet", wait=True, run_name="the other child")(
        project_name=project, parameters={"name": "other child"}
    )
