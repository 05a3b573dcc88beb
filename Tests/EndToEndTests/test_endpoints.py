"""Every call that the Anthropic Python SDK can make and a grant can allow, compared byte by byte at the upstream."""

import inspect
import json

import anthropic
import pytest
from anthropic._resource import SyncAPIResource
from conftest import GRANTCTL
from gateway import Gateway, documents
from relay import Relay
from upstream import Upstream, message

SONNET = "claude-sonnet-4-5"
HELLO = [{"role": "user", "content": "hello"}]
FAMILIES = ["agents", "deployment_runs", "deployments", "dreams", "environments", "memory_stores", "organizations", "sessions",
            "threads", "tunnels", "user_profiles", "vaults", "workspaces"]
EVERYTHING = (
    "{models: ['claude-*'], operations: [messages, count_tokens, models, complete, batches, files, skills, "
    + ", ".join(FAMILIES) + "], server_tools: ['*'], client_tools: ['*'], mcp_connectors: ['https://mcp.example'], "
    "betas: ['*'], sources: [inline, url, file], workspaces: ['*'], user_profiles: ['*']}")
# What belongs to a connection, or to who is calling.
NOT_COMPARED = {"host", "authorization", "x-api-key", "accept-encoding", "connection", "x-grantctl-request"}

# Arguments that a value like any other does not do for.
ARGUMENTS = {
    "model": SONNET, "model_id": SONNET, "messages": HELLO, "max_tokens": 9, "max_tokens_to_sample": 9, "prompt": "\n\nHuman: a\n\nAssistant:",
    "requests": [{"custom_id": "a", "params": {"model": SONNET, "max_tokens": 9, "messages": HELLO}}],
    "file": ("Grüße.txt", b"\x00\xffhello\r\n--x"), "files": [("a/SKILL.md", b"---\nname: a\n---\n")], "metadata": {"k": "v"},
    "events": [{"type": "user.message", "content": [{"type": "text", "text": "hello"}]}], "initial_events": [],
    "inputs": [], "starting_at": "2026-11-01T00:00:00+00:00", "type": "file", "auth": {"type": "static_bearer"},
}
# Not requests of the API, streams that another test reads, and calls that are several.
LEFT_OUT = {
    "beta.messages.stream", "messages.stream", "beta.messages.thread", "beta.messages.parse", "messages.parse",
    "beta.messages.tool_runner", "beta.environments.work.poller", "beta.environments.work.worker",
    "beta.sessions.events.tool_runner",
}


def calls(client):
    """Names of the SDK's calls with the call and its arguments."""
    def walk(resource, path):
        for name in sorted(dir(type(resource))):
            if name.startswith(("_", "with_")):
                continue
            member = getattr(resource, name)
            if isinstance(member, SyncAPIResource):
                yield from walk(member, path + [name])
            elif inspect.ismethod(member) and path and ".".join(path + [name]) not in LEFT_OUT:
                yield ".".join(path + [name]), member
    # The administration of an organization is another API with keys of its own.
    return [(name, call) for name, call in walk(client, []) if "organization" not in name and "webhooks" not in name]


def arguments(call):
    positional, named = [], {}
    for parameter in inspect.signature(call).parameters.values():
        if parameter.default is not inspect.Parameter.empty or parameter.kind in (
                inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            continue
        value = ARGUMENTS.get(parameter.name, f"{parameter.name}_1")
        if parameter.kind == inspect.Parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    return positional, named


def answer(request, answer):
    path = request.target.split("?")[0]
    if path.endswith("/results"):
        return answer.whole(json.dumps({"custom_id": "a", "result": {"type": "succeeded", "message": message()}}).encode() + b"\n",
                            type="application/x-jsonl")
    if path.endswith(("/content", "/download")):
        return answer.whole(bytes(range(256)), type="application/octet-stream")
    if path == "/v1/models":
        return answer.json({"data": [{"type": "model", "id": SONNET, "display_name": "S", "created_at": "2025-01-01T00:00:00Z"}],
                            "has_more": False, "first_id": SONNET, "last_id": SONNET})
    if path.endswith("/batches/message_batch_id_1"):
        return answer.json({"id": "message_batch_id_1", "type": "message_batch", "processing_status": "ended",
                            "results_url": "https://api.anthropic.com/v1/messages/batches/message_batch_id_1/results"})
    if path.endswith("/stream"):
        answer.begin()
        answer.event("session.status_idle", id="e")
        return answer.end()
    answer.json(message() | {"data": [], "has_more": False, "input_tokens": 5})


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream(answer)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(demo, upstream, tmp_path_factory):
    files = documents(demo, upstream.url, EVERYTHING, service="unknown_fields: record")
    gateway = Gateway(GRANTCTL, demo, tmp_path_factory.mktemp("endpoints"), files)
    gateway.start()
    yield gateway
    gateway.stop()


def taken_apart(raw):
    """Requests as they were sent: method, target, fields and body."""
    requests = []
    while b"\r\n\r\n" in raw:
        head, raw = raw.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        fields = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines[1:]]
        length = int(dict((name.lower(), value) for name, value in fields).get(b"content-length", b"0"))
        method, target, _ = lines[0].split(b" ", 2)
        requests.append((method.decode(), target.decode(), [(n.decode(), v.decode()) for n, v in fields], raw[:length]))
        raw = raw[length:]
    return requests


def compared(fields):
    return sorted((name.lower(), value) for name, value in fields if name.lower() not in NOT_COMPARED)


def test_every_call_of_the_sdk_arrives_as_it_was_sent(demo, gateway, upstream):
    relay = Relay(*gateway.address)
    client = anthropic.Anthropic(
        base_url=relay.url + "/claude", auth_token=demo.token("triage-bot"), api_key=None, max_retries=0)
    names, odd = [], []
    for name, call in calls(client):
        positional, named = arguments(call)
        before, sent = len(upstream.received), sum(len(taken_apart(bytes(s))) for s in relay.streams)
        try:
            result = call(*positional, **named)
            if hasattr(result, "read"):
                result.read()
            elif hasattr(result, "__iter__") and not isinstance(result, (str, bytes)) and not hasattr(result, "model_dump"):
                list(result)
        except anthropic.APIStatusError as error:
            odd.append((name, error.status_code, str(error)[:300]))
            continue
        requests = [request for stream in relay.streams for request in taken_apart(bytes(stream))]
        assert len(requests) > sent, f"{name} sent nothing"
        names.append(name)
        arrived = upstream.received[before:]
        assert len(arrived) == len(requests) - sent, name
        left = requests[sent:] if len(relay.streams) == 1 else sorted(
            requests, key=lambda r: r[1])
        for request in arrived:
            twin = [r for r in left if r[0] == request.method and r[1] == "/claude" + request.target and r[3] == request.body]
            if request.target.startswith("/v1/models?"):
                # Of the list the caller sees a part, which the gateway cuts.
                continue
            assert twin, (name, request.raw[:500])
            assert any(compared(r[2]) == compared(request.headers) for r in twin), (name, compared(twin[0][2]), compared(request.headers))
    relay.stop()
    assert not odd, odd
    assert len(names) > 100
    assert {"messages.create", "messages.count_tokens", "messages.batches.results", "beta.files.upload", "beta.files.download",
            "beta.skills.versions.create", "models.retrieve", "beta.sessions.events.send"} <= set(names)


def test_files_and_results_come_back_byte_for_byte(demo, gateway, upstream):
    client = anthropic.Anthropic(base_url=gateway.url, auth_token=demo.token("triage-bot"), api_key=None, max_retries=0)
    assert client.beta.files.download("file_1").read() == bytes(range(256))
    upstream.forget()
    [result] = list(client.messages.batches.results("message_batch_id_1"))
    assert result.result.message.content[0].text == "Hello"
    # The client was led to the results through the gateway, with its own token.
    assert [r.target for r in upstream.received] == [
        "/v1/messages/batches/message_batch_id_1", "/v1/messages/batches/message_batch_id_1/results"]
    assert all(r["x-api-key"] == [demo.about["key"]] and not r["authorization"] for r in upstream.received)
