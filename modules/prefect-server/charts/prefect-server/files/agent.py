# Waits until Prefect Server has a tenant, then becomes the agent, whose command the arguments are. An agent of Prefect 1 ends
# when there is no Server or no tenant, and a release has none at first. Meanwhile this answers the probe of the agent's health.
import http.server
import json
import os
import signal
import sys
import threading
import time
import urllib.parse
import urllib.request


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def reason():
    """Why the agent cannot start yet; None when it can."""
    request = urllib.request.Request(
        os.environ["PREFECT__CLOUD__API"],
        json.dumps({"query": "{ tenant { id } }"}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            if json.load(answer)["data"]["tenant"]:
                return None
    except Exception as error:
        return "Prefect Server does not answer: %s" % error
    return "Prefect Server has no tenant yet; the resource prefect_tenant creates one"


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
address = urllib.parse.urlsplit(os.environ["PREFECT__CLOUD__AGENT__AGENT_ADDRESS"])
server = http.server.HTTPServer((address.hostname, address.port), Health)
threading.Thread(target=server.serve_forever, daemon=True).start()
told = None
while True:
    current = reason()
    if current is None:
        break
    if current != told:
        print("waiting:", current, flush=True)
        told = current
    time.sleep(2)
server.shutdown()
server.server_close()
os.execvp(sys.argv[1], sys.argv[1:])
