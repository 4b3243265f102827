"""Have the real Kubernetes agent generate Jobs: jobs.py CASES OUTPUT

CASES has a JSON object per line: what the agent is started with (agent), what the Server answers about the run (run),
and the identifier to use. OUTPUT gets a line for each, {"job": ...} or {"error": ...}.
"""

import json
import sys
import types
import uuid

import prefect
from prefect.agent.kubernetes import agent as module
from prefect.utilities.graphql import GraphQLResult


def stored(value):
    """A JSON value with its members in the order in which PostgreSQL gives them back: by length, then by bytes."""
    if isinstance(value, dict):
        return {key: stored(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return [stored(member) for member in value] if isinstance(value, list) else value


class Agent(module.KubernetesAgent):
    """The agent without its connections: only what generating a Job needs is set up, in the ways the real one does."""

    def __init__(self, given):
        self.labels = given["labels"]
        self.env_vars = given["env"]
        self.log_to_cloud = not given["no_cloud_logs"]
        self.service_account_name = given["service_account_name"]
        self.image_pull_secrets = given["image_pull_secrets"]
        self.job_template_path = given["job_template_path"] or module.DEFAULT_JOB_TEMPLATE_PATH
        self.client = types.SimpleNamespace(api_key=None, tenant_id="")
        self.logger = types.SimpleNamespace(debug=lambda *_: None, error=lambda *_: None)


def main():
    prefect.utilities.logging.get_logger().setLevel("CRITICAL")
    with open(sys.argv[1]) as cases, open(sys.argv[2], "w") as output:
        for line in cases:
            case = json.loads(line)
            module.uuid = types.SimpleNamespace(uuid4=lambda case=case: uuid.UUID(hex=case["identifier"] + "0" * 24))
            try:
                answer = {"job": Agent(case["agent"]).generate_job_spec(GraphQLResult(stored(case["run"])))}
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            json.dump(answer, output)
            output.write("\n")


if __name__ == "__main__":
    main()
