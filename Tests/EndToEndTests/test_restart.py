"""What survives a kill, a remote that is away, a bad configuration and a drain."""

import http.client
import random
import subprocess
import threading
import time

import pytest
from conftest import GRANTCTL
from gateway import Gateway


@pytest.fixture
def gateway(demo, tmp_path):
    gateway = Gateway(GRANTCTL, demo, tmp_path)
    yield gateway
    if gateway.process and gateway.process.poll() is None:
        gateway.kill()


def test_kill_nine_loses_no_accepted_record_and_the_accepted_table_serves_with_the_remote_away(demo, gateway):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    token = demo.token("triage-bot")
    answered, refused = set(), set()
    for _ in range(5):
        gateway.start()
        stop = threading.Event()

        def keep_asking():
            while not stop.is_set():
                try:
                    status, headers, _ = gateway.ask(token)
                except (OSError, http.client.HTTPException):
                    return
                (answered if status == 200 else refused).add(headers["x-grantctl-request"])

        askers = [threading.Thread(target=keep_asking) for _ in range(4)]
        for asker in askers:
            asker.start()
        time.sleep(moments.uniform(0.2, 1.0))
        gateway.kill()
        stop.set()
        for asker in askers:
            asker.join(20)
        assert answered <= gateway.recorded()
    assert len(answered) > 20 and not refused

    gateway.remote.rename(gateway.remote.with_suffix(".away"))
    gateway.start()
    assert gateway.ask(token)[0] == 200
    assert gateway.ask(token, model="claude-opus-4-5")[0] == 403
    live = gateway.status()["live"]
    assert live and len(live["commit"]) == 40
    fetch = [c for c in gateway.status()["conditions"] if c["type"] == "fetch"]
    deadline = time.monotonic() + 20
    while fetch[0]["status"] != "False" and time.monotonic() < deadline:
        time.sleep(0.1)
        fetch = [c for c in gateway.status()["conditions"] if c["type"] == "fetch"]
    assert fetch[0]["status"] == "False" and fetch[0]["message"]


def test_a_rewritten_branch_freezes_the_accepted_table(demo, gateway):
    gateway.start()
    before = gateway.status()["live"]["commit"]

    def git(*arguments):
        return subprocess.run(
            ["git", "--git-dir", gateway.remote, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    git("update-ref", "refs/heads/main", "main~1")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        linear = [c for c in gateway.status()["conditions"] if c["type"] == "linear"][0]
        if linear["status"] == "False":
            break
        time.sleep(0.1)
    assert linear["status"] == "False"
    assert before[:8] in linear["message"]
    assert gateway.status()["live"]["commit"] == before
    assert gateway.ask(demo.token("triage-bot"))[0] == 200

    # Until somebody accepts the rewrite: exactly that commit, and on record.
    def accept(*arguments):
        return subprocess.run(
            [GRANTCTL, "accept-history", "--config", gateway.folder / "gateway.yaml", *arguments],
            capture_output=True, text=True, timeout=60)

    rewound = git("rev-parse", "main")
    assert f"grantctl accept-history {rewound}" in linear["message"]
    assert accept(before).returncode == 1
    accepted = accept(rewound, "--why", "a rehearsal")
    assert accepted.returncode == 0, accepted.stderr
    deadline = time.monotonic() + 20
    while gateway.status()["live"]["commit"] != rewound and time.monotonic() < deadline:
        time.sleep(0.1)
    assert gateway.status()["live"]["commit"] == rewound
    assert before in accept("--list").stdout and "a rehearsal" in accept("--list").stdout


def test_sigterm_lets_a_stream_under_way_finish(demo, gateway):
    gateway.start()
    stream = gateway.open_stream(demo.token("triage-bot"), "!slow 8")
    assert stream.readline()
    gateway.process.terminate()
    assert b"event: message_stop" in stream.read()
    assert gateway.process.wait(40) == 0


def test_a_bad_configuration_says_everything_and_does_not_start(tmp_path):
    configuration = tmp_path / "gateway.yaml"
    configuration.write_text("""\
stat: /tmp/nowhere
grants: {url: /nowhere, pol: 30s}
listen: {address: 0.0.0.0:0, tls: off}
credentials: {anthropic: sk-a-secret-by-itself}
""")
    run = subprocess.run([GRANTCTL, "serve", "--config", configuration], capture_output=True, text=True, timeout=30)
    assert run.returncode == 2
    for expected in ("`stat`", "`pol`", "did you mean `poll`", "not loopback", "never the secret itself"):
        assert expected in run.stderr, run.stderr


def test_admin_answers(demo, gateway):
    gateway.start()
    assert gateway.admin("/healthz") is not None and gateway.admin("/readyz") is not None
    gateway.ask(demo.token("triage-bot"))
    metrics = gateway.admin("/metrics").decode()
    assert 'grantctl_decisions_total{verdict="allow",reason="allowed"} 1' in metrics
    status = gateway.status()
    assert status["standings"]["in_force"] == 4 and status["standings"]["lapsed"] == 1
    assert {c["type"] for c in status["conditions"]} >= {"fetch", "linear", "verified", "parsed", "compiled", "live"}
