"""What a grant can say, as the Anthropic Python SDK meets it."""

import ssl

import anthropic
import pytest
from anthropic import beta_tool

SONNET = "claude-sonnet-4-5"
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def client(demo):
    return anthropic.Anthropic(
        base_url=demo.base_url, auth_token=demo.token("triage-bot"), api_key=None,
        http_client=anthropic.DefaultHttpxClient(verify=ssl.create_default_context(cafile=demo.ca)))


@beta_tool
def get_weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: its name
    """
    return f"snow in {city}"


def test_the_tool_runner_falls_back_to_its_whole_history(demo, client):
    demo.forget()
    runner = client.beta.messages.tool_runner(
        model=SONNET, max_tokens=200, tools=[get_weather],
        messages=[{"role": "user", "content": '!tool get_weather {"city": "Bern"}'}])
    assert runner.until_done().content[0].text == "The tool said: snow in Bern"
    received = [r["body"] for r in demo.received()]
    assert len(received) == 2
    assert not any(b'"thread"' in body for body in received)
    assert b"!tool get_weather" in received[1]


def test_the_list_of_models_has_what_may_be_used(client):
    ids = [model.id for model in client.models.list(limit=1)]
    assert ids and all(i.startswith(("claude-sonnet-4-5", "claude-haiku-4-5")) for i in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("call, operation", [
    (lambda c: c.beta.files.list(), "files.list"),
    (lambda c: c.beta.files.upload(file=("a.txt", b"hello")), "files.upload"),
    (lambda c: c.messages.batches.list(), "batches.list"),
    (lambda c: c.messages.batches.create(
        requests=[{"custom_id": "a", "params": {"model": SONNET, "max_tokens": 9, "messages": HELLO}}]), "batches.create"),
    (lambda c: c.beta.skills.list(), "skills.list"),
])
def test_what_lives_in_the_workspace_is_refused_once(demo, client, call, operation):
    demo.forget()
    with pytest.raises(anthropic.PermissionDeniedError) as refused:
        call(client)
    text = refused.value.body["error"]["message"]
    assert f"operations: `{operation}`" in text
    assert f"  operations: [messages, count_tokens, models, {operation}]" in text
    assert demo.received() == []


@pytest.mark.parametrize("more, says", [
    ({"extra_body": {"context_hints": {}}}, "pass_fields: [context_hints]"),
    ({"extra_headers": {"anthropic-beta": "new-thing-2027-01-01"}}, "pass_fields: ['anthropic-beta: new-thing-2027-01-01']"),
    ({"extra_body": {"mcp_servers": [{"type": "url", "name": "x", "url": "https://mcp.example/sse"}]}},
     "mcp_connectors: ['https://mcp.example']"),
    ({"extra_body": {"container": "container_1"}}, "containers: [container_1]"),
    ({"extra_headers": {"anthropic-workspace-id": "wrkspc_1"}}, "workspaces: [wrkspc_1]"),
])
def test_a_refusal_says_the_line_that_would_let_it_pass(demo, client, more, says):
    demo.forget()
    for stream in (False, True):
        with pytest.raises(anthropic.PermissionDeniedError) as refused:
            client.messages.create(model=SONNET, max_tokens=9, messages=HELLO, stream=stream, **more)
        assert says in refused.value.body["error"]["message"]
    assert demo.received() == []


def test_thinking_effort_and_metadata_need_no_grant(client):
    answer = client.messages.create(
        model=SONNET, max_tokens=2000, messages=HELLO, metadata={"user_id": "u"},
        thinking={"type": "enabled", "budget_tokens": 1024}, extra_body={"output_config": {"effort": "low"}})
    assert answer.stop_reason == "end_turn"
