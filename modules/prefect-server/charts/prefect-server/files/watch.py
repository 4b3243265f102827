# Checks Prefect Server once and logs one line of JSON for alerts to read: which agents have not asked for runs for too long, and how
# many runs are past their start time and have not started: no agent took them, or their pods wait. If the Server does not answer, the
# line says so.
import datetime
import json
import os
import sys
import urllib.request

# A run that was put off keeps its scheduled start; its state has the new one.
QUERY = """query($late: timestamptz, $now: timestamptz) {
  agent { name last_queried }
  flow_run(
    where: {
      state: {_in: ["Scheduled", "Submitted"]}
      scheduled_start_time: {_lt: $late}
      _or: [{state_start_time: {_is_null: true}}, {state_start_time: {_lte: $now}}]
    }
    order_by: {scheduled_start_time: asc}
  ) { scheduled_start_time }
}"""

now = datetime.datetime.now(datetime.timezone.utc)


def age(text):
    """Seconds since a time as the Server writes it, whose fractions may have any number of digits."""
    whole, _, rest = text.partition(".")
    zone = rest.lstrip("0123456789") if rest else ""
    return (now - datetime.datetime.fromisoformat((whole + zone).replace("Z", "+00:00"))).total_seconds()


def ask():
    late = now - datetime.timedelta(seconds=int(os.environ["LATE_AFTER_SECONDS"]))
    request = urllib.request.Request(
        os.environ["PREFECT__CLOUD__API"],
        json.dumps({"query": QUERY, "variables": {"late": late.isoformat(), "now": now.isoformat()}}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = json.load(answer)
    if body.get("errors"):
        raise RuntimeError(body["errors"][0]["message"])
    return body["data"]


line = {"prefect_watch": 1, "silent_agents": [], "late_runs": 0, "late_seconds": 0}
try:
    data = ask()
    for name in json.loads(os.environ["AGENTS"]):
        # The Server keeps agents that used this name before, with other labels.
        ages = [age(agent["last_queried"]) for agent in data["agent"] if agent["name"] == name and agent["last_queried"]]
        if not ages or min(ages) > int(os.environ["SILENT_AFTER_SECONDS"]):
            line["silent_agents"].append(name)
    runs = data["flow_run"]
    line["late_runs"] = len(runs)
    line["late_seconds"] = int(age(runs[0]["scheduled_start_time"])) if runs else 0
except Exception as error:
    line["error"] = str(error)
print(json.dumps(line), flush=True)
sys.exit("error" in line)
