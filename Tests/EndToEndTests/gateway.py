"""A gateway of the test's own beside the demo's, so that it can be killed and started again."""

import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

START_SECONDS = 30


class Gateway:
    """`grantctl serve` on the demo's issuer and upstream, with a state directory and a copy of the remote of its own."""

    def __init__(self, grantctl, demo, folder):
        self.grantctl, self.demo, self.folder = grantctl, demo, pathlib.Path(folder)
        self.remote = self.folder / "access.git"
        self.state = self.folder / "state"
        subprocess.run(["git", "clone", "-q", "--bare", demo.about["repository"], self.remote], check=True)
        key = self.folder / "upstream-key"
        key.write_text(demo.about["key"])
        self.process = None
        # Further lines of the configuration.
        self.more = ""

    def start(self):
        configuration = self.folder / "gateway.yaml"
        configuration.write_text(f"""\
state: {self.state}
grants: {{url: {self.remote}, branch: main, poll: 1s}}
listen: {{address: '127.0.0.1:0', tls: off}}
admin: {{address: '127.0.0.1:0'}}
credentials: {{anthropic: 'file:upstream-key'}}
{self.more}""")
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        log = open(self.folder / "gateway.log", "ab")
        self.process = subprocess.Popen(
            [self.grantctl, "serve", "--config", configuration, "--ready-file", ready], stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the gateway did not start:\n" + (self.folder / "gateway.log").read_text())
            time.sleep(0.02)
        self.addresses = json.loads(ready.read_text())

    def _request(self, token, **fields):
        return urllib.request.Request(
            f"http://{self.addresses['listen'][0]}/claude/v1/messages", json.dumps(fields).encode(),
            {"authorization": f"Bearer {token}", "content-type": "application/json", "anthropic-version": "2023-06-01"})

    def ask(self, token, model="claude-haiku-4-5", prompt="hello"):
        """Returns (status, headers, body)."""
        request = self._request(
            token, model=model, max_tokens=100, messages=[{"role": "user", "content": prompt}])
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def open_stream(self, token, prompt):
        """The answer to a streamed request, to be read as it comes."""
        request = self._request(
            token, model="claude-haiku-4-5", max_tokens=100, stream=True,
            messages=[{"role": "user", "content": prompt}])
        return urllib.request.urlopen(request, timeout=30)

    def admin(self, path):
        with urllib.request.urlopen(f"http://{self.addresses['admin']}{path}", timeout=10) as answer:
            return answer.read()

    def status(self):
        return json.loads(self.admin("/status"))

    def recorded(self):
        """Ids of all decisions on disk."""
        output = subprocess.run(
            [self.grantctl, "decisions", "--state", self.state, "--limit", "100000", "--json"],
            check=True, capture_output=True, text=True, timeout=60).stdout
        return {json.loads(line)["id"] for line in output.splitlines()}

    def kill(self):
        self.process.kill()
        self.process.wait(10)
