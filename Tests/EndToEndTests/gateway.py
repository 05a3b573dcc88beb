"""A gateway of the test's own beside the demo's, so that it can be killed and started again."""

import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

START_SECONDS = 30


POLICY = """\
name: own
version: 1
admins: [tom]
tiers:
  standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: merge}
"""


def documents(demo, upstream, can, service="", to="{issuer: corp, sub: triage-bot}"):
    """The documents of a repository whose one grant is in force as it lands."""
    return {
        "policy.yaml": POLICY,
        "people/tom.yaml": "email: tom@acme.example\nkeys: []\n",
        "people/maria.yaml": "email: maria@acme.example\nkeys: []\n",
        "identity/corp.yaml":
            f"kind: oidc\nissuer: {demo.about['issuer']}\naudience: [grantctl]\nalgorithms: [RS256, ES256]\n"
            "claims: {groups: groups, roles: roles, email: email}\nlongest: 2h\n",
        "services/claude.yaml":
            f"kind: anthropic\nupstream: {upstream}\ncredential: anthropic\nprefix: /claude\nowners: [tom]\n"
            f"tier: standard\n{service}\n",
        "grants/claude/own.yaml": f"to: [{to}]\ncan: {can}\nwhy: tests\nby: maria\n",
    }


class Gateway:
    """`grantctl serve` on the demo's issuer and upstream, with a state directory and a copy of the remote of its own; or,
    where `files` are given, with a repository of these."""

    def __init__(self, grantctl, demo, folder, files=None):
        self.grantctl, self.demo, self.folder = grantctl, demo, pathlib.Path(folder)
        self.remote = self.folder / "access.git"
        self.state = self.folder / "state"
        if files:
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", self.remote], check=True)
            self.commit(files)
        else:
            subprocess.run(["git", "clone", "-q", "--bare", demo.about["repository"], self.remote], check=True)
        key = self.folder / "upstream-key"
        key.write_text(demo.about["key"])
        self.process = None
        # Further lines of the configuration, and what the process runs under.
        self.more, self.listen, self.under = "", "{address: '127.0.0.1:0', tls: off}", []

    def commit(self, files):
        """Writes documents to the remote; None removes one."""
        work = self.folder / "work"
        if not work.exists():
            subprocess.run(["git", "clone", "-q", self.remote, work], check=True, capture_output=True)
        for path, text in files.items():
            if text is None:
                (work / path).unlink()
            else:
                (work / path).parent.mkdir(parents=True, exist_ok=True)
                (work / path).write_text(text)
        git = ["git", "-C", work, "-c", "user.name=tests", "-c", "user.email=tests@example.invalid"]
        subprocess.run(git + ["add", "-A"], check=True)
        subprocess.run(git + ["commit", "-qm", "change"], check=True)
        subprocess.run(git + ["push", "-q", "origin", "HEAD:main"], check=True)
        return subprocess.run(git + ["rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()

    def start(self):
        configuration = self.folder / "gateway.yaml"
        configuration.write_text(f"""\
state: {self.state}
grants: {{url: {self.remote}, branch: main, poll: 1s}}
listen: {self.listen}
admin: {{address: '127.0.0.1:0'}}
credentials: {{anthropic: 'file:upstream-key'}}
{self.more}""")
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        log = open(self.folder / "gateway.log", "ab")
        self.process = subprocess.Popen(
            [*self.under, self.grantctl, "serve", "--config", configuration, "--ready-file", ready], stdout=log, stderr=log)
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

    @property
    def url(self):
        return f"http://{self.addresses['listen'][0]}/claude"

    @property
    def address(self):
        host, port = self.addresses["listen"][0].rsplit(":", 1)
        return host, int(port)

    def metric(self, name):
        """The value of a sample without labels, or with these."""
        for line in self.admin("/metrics").decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def wait_for(self, what, seconds=60):
        """Waits until `what()` is true."""
        deadline = time.monotonic() + seconds
        while not (result := what()):
            assert time.monotonic() < deadline, (self.folder / "gateway.log").read_text()[-3000:]
            time.sleep(0.02)
        return result

    @property
    def memory(self):
        """Resident, in MiB."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()

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
