"""How long it takes from a webhook to a decision by the commit that was pushed."""

import hashlib
import hmac
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from processes import Child

SECRET = "webhook-of-the-benchmark"


def measure(folder, binary, repository, token, samples=20):
    """Milliseconds of each of `samples` pushes to `repository` (made by `grants.make`), in turn a denial and its end."""
    own = folder / "enforcement"
    own.mkdir()
    (own / "webhook").write_text(SECRET)
    (own / "upstream-key").write_text("key-of-the-benchmark-0123456789")
    ready = own / "ready.json"
    configuration = own / "gateway.yaml"
    configuration.write_text(f"""\
state: {own}/state
grants: {{url: {repository}, poll: 1h, webhook_secret: 'file:webhook'}}
listen: {{address: '127.0.0.1:0', tls: off}}
admin: {{address: '127.0.0.1:0'}}
credentials: {{anthropic: 'file:upstream-key'}}
""")
    gateway = Child("grantctl", [binary, "serve", "--config", configuration, "--ready-file", ready], own / "log")
    try:
        gateway.wait_for(ready.exists)
        addresses = json.loads(ready.read_text())
        ask = _asker(addresses["listen"][0], token)
        if ask() != 200:
            raise SystemExit("the grant of the benchmark does not allow its own call")
        return [_enforced(folder / "access", repository, addresses["admin"], ask, number) for number in range(samples)]
    finally:
        gateway.stop()


def _asker(address, token):
    body = json.dumps({
        "model": "claude-haiku-4-5", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def ask():
        request = urllib.request.Request(f"http://{address}/claude/v1/messages", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    return ask


def _enforced(work, repository, admin, ask, number):
    denial = work / "denied" / "stop.yaml"
    if number % 2 == 0:
        denial.parent.mkdir(exist_ok=True)
        denial.write_text("grants: [claude/bench]\nwhy: measures how soon it counts\n")
    else:
        denial.unlink()
    environment = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
    author = ["-c", "user.name=Benchmark", "-c", "user.email=benchmark@acme.example", "-c", "commit.gpgsign=false"]
    for command in (["add", "-A"], [*author, "commit", "-q", "-m", f"Push {number}"],
                    ["push", "-q", repository, "HEAD:main"]):
        subprocess.run(["git", *command], cwd=work, env=environment, check=True)
    code = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
    webhook = urllib.request.Request(
        f"http://{admin}/webhook/generic", b"{}", {"x-signature-256": f"sha256={code}"})
    started = time.monotonic()
    urllib.request.urlopen(webhook, timeout=5).close()
    wanted = 403 if number % 2 == 0 else 200
    while ask() != wanted:
        if time.monotonic() - started > 20:
            raise SystemExit("a pushed commit was not enforced within twenty seconds")
    return (time.monotonic() - started) * 1_000
