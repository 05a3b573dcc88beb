"""`mode: observe` lets pass what no grant gives, and `grantctl observed` says what that was."""

import json
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import GRANTCTL
from gateway import Gateway, documents
from upstream import Upstream, message

SONNET, OPUS = "claude-sonnet-4-5", "claude-opus-4-5"
HELLO = [{"role": "user", "content": "hello"}]


def answer(request, answer):
    body = json.loads(request.body or b"{}")
    tool = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "id"}}
    answer.json(message() | ({"content": [tool]} if body.get("system") == "tool" else {}))


@pytest.fixture
def gateway(demo, tmp_path):
    upstream = Upstream(answer)
    gateway = Gateway(GRANTCTL, demo, tmp_path, documents(
        demo, upstream.url, "{models: ['claude-sonnet-*'], tools: [Read]}", service="mode: observe"))
    gateway.start()
    yield gateway
    gateway.stop()
    upstream.stop()


def ask(gateway, token, path="/v1/messages", method="POST", **body):
    data = json.dumps({"model": SONNET, "max_tokens": 9, "messages": HELLO} | body).encode() if method == "POST" else None
    request = urllib.request.Request(
        gateway.url + path, data, {"authorization": f"Bearer {token}", "content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def observed(gateway, *more):
    return subprocess.run(
        [GRANTCTL, "observed", "--state", gateway.state, *more], capture_output=True, text=True, timeout=30)


def test_what_passed_is_summed_up_by_caller_and_missing_capability(demo, gateway):
    bot, engineer = demo.token("triage-bot"), demo.token("engineer")
    assert observed(gateway).stdout == "nothing was let pass that a grant does not give\n"
    # Within the grant: nothing to say.
    assert ask(gateway, bot)[0] == 200
    for _ in range(3):
        assert ask(gateway, bot, model=OPUS)[0] == 200
    assert ask(gateway, bot, tools=[{"type": "web_search_20250305", "name": "web_search"}], model=OPUS)[0] == 200
    assert ask(gateway, bot, later_field=1)[0] == 200
    status, text = ask(gateway, bot, system="tool")
    assert status == 200 and b'"Bash"' in text
    assert ask(gateway, bot, "/v1/nothing", "GET")[0] == 200
    assert ask(gateway, engineer)[0] == 200
    # What no grant could make understandable stays refused.
    assert ask(gateway, bot, "/v1/messages?model=x")[0] == 400
    assert ask(gateway, "nonsense")[0] == 401

    lines = [json.loads(line) for line in observed(gateway, "--json").stdout.splitlines()]
    summed = {(line["subject"], line["missing"]): line["requests"] for line in lines}
    assert all(line["service"] == "claude" and line["issuer"] == "corp" and line["first"] <= line["last"] for line in lines)
    assert summed[("triage-bot", f"models: {OPUS}")] == 4
    assert summed[("triage-bot", "server_tools: web_search_20250305")] == 1
    assert summed[("triage-bot", "tools: Bash")] == 1
    assert summed[("triage-bot", "unknown_path")] == 1
    assert any(subject == "triage-bot" and "later_field" in missing for subject, missing in summed)
    assert any(subject == "engineer" for subject, _ in summed)
    # Most often first, caller by caller.
    bots = [line["requests"] for line in lines if line["subject"] == "triage-bot"]
    assert bots == sorted(bots, reverse=True)

    table = observed(gateway).stdout.splitlines()
    assert table[0].split() == ["SERVICE", "ISSUER", "SUBJECT", "REQUESTS", "LAST", "MISSING"]
    assert len(table) == len(lines) + 1 and any(f"models: {OPUS}" in row for row in table)
    assert "engineer" not in observed(gateway, "--subject", "triage-bot").stdout
    assert observed(gateway, "--service", "other").stdout.startswith("nothing was let pass")
    assert observed(gateway, "--since", "2099-01-01T00:00Z").stdout.startswith("nothing was let pass")
    assert len(observed(gateway, "--since", "2020-01-01T00:00Z", "--json").stdout.splitlines()) == len(lines)


def test_records_that_are_not_there_are_an_error(tmp_path):
    run = subprocess.run([GRANTCTL, "observed", "--state", tmp_path], capture_output=True, text=True, timeout=30)
    assert run.returncode == 1 and run.stderr and not run.stdout
    assert subprocess.run([GRANTCTL, "observed"], capture_output=True, timeout=30).returncode not in (0, 1)
