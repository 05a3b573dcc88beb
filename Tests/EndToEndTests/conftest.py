"""Starts `grantctl demo` once and hands its addresses, callers and received requests to the tests."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from relay import Relay  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRANTCTL = os.environ.get("GRANTCTL", str(ROOT / ".build/debug/grantctl"))
START_SECONDS = 60


class Demo:
    """A running demo: issuer, upstream, repository and gateway."""

    def __init__(self, folder):
        self.folder = folder
        self.log = open(pathlib.Path(folder) / "demo.log", "wb")
        environment = {k: v for k, v in os.environ.items() if k != "ANTHROPIC_API_KEY"}
        self.process = subprocess.Popen(
            [GRANTCTL, "demo", "--directory", folder, "--port", "0", "--admin-port", "0", "--grants", str(ROOT / "grants")],
            stdout=self.log, stderr=subprocess.STDOUT, env=environment)
        ready = pathlib.Path(folder) / "demo.json"
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the demo did not start:\n" + (pathlib.Path(folder) / "demo.log").read_text())
            time.sleep(0.05)
        self.about = json.loads(ready.read_text())

    @property
    def base_url(self):
        return self.about["gateway"] + "/claude"

    @property
    def plain_url(self):
        return self.about["plain"] + "/claude"

    @property
    def ca(self):
        return self.about["authority"]

    def token(self, caller):
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": caller, "client_secret": self.about["secrets"][caller]})
        with urllib.request.urlopen(self.about["issuer"] + "/token", form.encode(), timeout=10) as answer:
            return json.load(answer)["access_token"]

    def received(self):
        """What the upstream received since the last `forget`, bodies as bytes."""
        with urllib.request.urlopen(self.about["upstream"] + "/demo/received", timeout=10) as answer:
            requests = json.load(answer)
        for request in requests:
            request["body"] = base64.b64decode(request["body"])
        return requests

    def forget(self):
        request = urllib.request.Request(self.about["upstream"] + "/demo/received", method="DELETE")
        urllib.request.urlopen(request, timeout=10).read()

    def decisions(self, caller):
        """The records of a caller's requests, oldest first."""
        output = subprocess.run(
            [GRANTCTL, "decisions", "--state", self.about["state"], "--subject", caller, "--limit", "1000", "--json"],
            check=True, capture_output=True, text=True, timeout=30).stdout
        return [json.loads(line) for line in output.splitlines()]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()


@pytest.fixture(scope="session")
def demo():
    folder = tempfile.mkdtemp(prefix="grantctl-e2e-")
    demo = Demo(folder)
    yield demo
    demo.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def relay(demo):
    """Passes bytes to the gateway's plain listener and keeps what the client sent."""
    target = urllib.parse.urlsplit(demo.about["plain"])
    relay = Relay(target.hostname, target.port)
    yield relay
    relay.stop()
