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
                # The answer is of no interest here, and taking it apart costs more than all the rest.
                raw = getattr(getattr(resource, "with_raw_response", None), name, None)
                if raw:
                    yield ".".join(path + [name]), raw
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


def compared(fields):
    return sorted((name.lower(), value) for name, value in fields if name.lower() not in NOT_COMPARED)


def test_every_call_of_the_sdk_arrives_as_it_was_sent(demo, gateway, upstream):
    relay = Relay(*gateway.address)
    client = anthropic.Anthropic(
        base_url=relay.url + "/claude", auth_token=demo.token("triage-bot"), api_key=None, max_retries=0)
    names, odd = [], []
    for name, call in calls(client):
        positional, named = arguments(call)
        before, sent = len(upstream.received), len(relay.requests())
        try:
            call(*positional, **named).http_response.read()
        except anthropic.APIStatusError as error:
            odd.append((name, error.status_code, str(error)[:300]))
            continue
        requests, arrived = relay.requests()[sent:], upstream.received[before:]
        assert requests and len(arrived) == len(requests), f"{name} sent {len(requests)}, {len(arrived)} arrived"
        names.append(name)
        for (method, target, fields, body), request in zip(requests, arrived):
            assert (request.method, request.body) == (method, body), name
            # Of a list of models the caller sees a part, which the gateway makes from the whole.
            assert "/claude" + request.target == target or target.startswith("/claude/v1/models?") or (
                target == "/claude/v1/models" and request.target == "/v1/models?limit=1000"), name
            assert compared(request.headers) == compared(fields), name
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
