"""The Anthropic Python SDK, unchanged, against the gateway."""

import ssl

import anthropic
import pytest

SONNET = "claude-sonnet-4-5"
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client(demo):
    return anthropic.Anthropic(
        base_url=demo.base_url, auth_token=demo.token("triage-bot"), api_key=None,
        http_client=anthropic.DefaultHttpxClient(verify=ssl.create_default_context(cafile=demo.ca)))


def ask(client, text, **more):
    arguments = {"model": SONNET, "max_tokens": 200, "messages": [{"role": "user", "content": text}]} | more
    return client.messages.create(**arguments)


def test_a_message_is_answered(client):
    answer = ask(client, "hello")
    assert answer.role == "assistant"
    assert "Hello" in answer.content[0].text
    assert answer.usage.output_tokens > 0


def test_a_stream_arrives_event_by_event(client):
    with client.messages.stream(model=SONNET, max_tokens=200, messages=[{"role": "user", "content": "!slow 5"}]) as stream:
        words = list(stream.text_stream)
        final = stream.get_final_message()
    assert "".join(words).split() == [f"word{i}" for i in range(1, 6)]
    assert len(words) >= 5
    assert final.stop_reason == "end_turn"


def test_a_tool_call_goes_round(client):
    question = {"role": "user", "content": '!tool get_weather {"city": "Bern"}'}
    first = client.messages.create(model=SONNET, max_tokens=200, tools=[WEATHER], messages=[question])
    call = first.content[-1]
    assert (call.type, call.name, call.input) == ("tool_use", "get_weather", {"city": "Bern"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "snow"}
    second = client.messages.create(
        model=SONNET, max_tokens=200, tools=[WEATHER],
        messages=[question, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}])
    assert second.content[0].text == "The tool said: snow"


def test_a_streamed_tool_call_keeps_its_input(client):
    with client.messages.stream(
            model=SONNET, max_tokens=200, tools=[WEATHER],
            messages=[{"role": "user", "content": '!tool get_weather {"city": "Zürich"}'}]) as stream:
        final = stream.get_final_message()
    assert final.content[-1].input == {"city": "Zürich"}


def test_tokens_are_counted(client):
    assert client.messages.count_tokens(model=SONNET, messages=[{"role": "user", "content": "hello"}]).input_tokens > 0


def test_models_are_listed(client):
    assert any(model.id.startswith("claude-sonnet-4-5") for model in client.models.list())


def test_a_model_beyond_the_grant_is_a_permission_error_with_our_text(client, demo):
    demo.forget()
    with pytest.raises(anthropic.PermissionDeniedError) as refusal:
        ask(client, "hello", model="claude-opus-4-5")
    assert "claude-opus-4-5" in str(refusal.value)
    assert "claude/triage-bot" in str(refusal.value)
    assert refusal.value.response.headers["x-grantctl-request"]
    assert demo.received() == []


def test_too_many_tokens_are_refused(client):
    with pytest.raises(anthropic.PermissionDeniedError, match="max_tokens"):
        ask(client, "hello", max_tokens=8193)


def test_a_server_tool_beyond_the_grant_is_refused(client):
    with pytest.raises(anthropic.PermissionDeniedError, match="code_execution"):
        ask(client, "hello", tools=[{"type": "code_execution_20250825", "name": "code_execution"}])


def test_a_refused_stream_is_a_permission_error_too(client):
    with pytest.raises(anthropic.PermissionDeniedError, match="claude-opus-4-5"):
        with client.messages.stream(
                model="claude-opus-4-5", max_tokens=10, messages=[{"role": "user", "content": "hello"}]):
            pass


def test_a_bad_token_is_an_authentication_error(demo):
    client = anthropic.Anthropic(
        base_url=demo.base_url, auth_token="not-a-token", api_key=None, max_retries=0,
        http_client=anthropic.DefaultHttpxClient(verify=ssl.create_default_context(cafile=demo.ca)))
    with pytest.raises(anthropic.AuthenticationError):
        ask(client, "hello")


def test_an_upstream_error_passes_as_it_is(client):
    with pytest.raises(anthropic.APIStatusError) as error:
        ask(client.with_options(max_retries=0), "!error 529")
    assert error.value.status_code == 529
    assert "overloaded_error" in str(error.value)


def test_no_token_travels_up_and_no_key_travels_down(client, demo):
    demo.forget()
    token = client.auth_token
    answer = client.messages.with_raw_response.create(
        model=SONNET, max_tokens=200, messages=[{"role": "user", "content": "hello"}])
    [arrived] = demo.received()
    assert token not in str(arrived["headers"]) and token.encode() not in arrived["body"]
    keys = [value for name, value in arrived["headers"] if name.lower() == "x-api-key"]
    assert len(keys) == 1 and keys[0] == demo.about["key"]
    assert keys[0] not in str(answer.headers) and keys[0] not in answer.text()


def test_an_upstream_that_echoes_the_key_is_cut_off(client, demo):
    with pytest.raises(anthropic.APIError) as error:
        ask(client.with_options(max_retries=0), "!leak")
    assert demo.about["key"] not in str(error.value)


def test_bodies_arrive_byte_for_byte(demo, relay):
    client = anthropic.Anthropic(base_url=relay.url + "/claude", auth_token=demo.token("triage-bot"), api_key=None)
    demo.forget()
    ask(client, "Grüße – 😀 \u2028 \\u0041 end")
    ask(client, "second", extra_body={"temperature": 0.30000000000000004}, tools=[WEATHER])
    assert [request["body"] for request in demo.received()] == relay.bodies()


READ = {"name": "Read", "description": "Reads a file.", "input_schema": {"type": "object"}}


def test_a_tool_call_beyond_the_grant_is_not_delivered_and_the_conversation_goes_on(demo):
    before = len(demo.decisions("researcher"))
    researcher = anthropic.Anthropic(base_url=demo.plain_url, auth_token=demo.token("researcher"), max_retries=0)
    question = {"role": "user", "content": '!tool Bash {"command": "id"}'}
    refused = researcher.messages.create(model=SONNET, max_tokens=200, tools=[READ], messages=[question])
    assert [block.type for block in refused.content][-1] == "text" and refused.stop_reason == "end_turn"
    assert "`Bash`" in refused.content[-1].text and not any(block.type == "tool_use" for block in refused.content)
    with researcher.messages.stream(model=SONNET, max_tokens=200, tools=[READ], messages=[question]) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn" and "`Bash`" in final.content[-1].text
    assert not any(block.type == "tool_use" for block in final.content)
    after = researcher.messages.create(
        model=SONNET, max_tokens=200, tools=[READ],
        messages=[question, {"role": "assistant", "content": final.content}, {"role": "user", "content": "hello"}])
    assert "Hello" in after.content[0].text
    allowed = researcher.messages.create(
        model=SONNET, max_tokens=200, tools=[READ],
        messages=[{"role": "user", "content": '!tool Read {"file_path": "/etc/hostname"}'}])
    assert allowed.content[-1].name == "Read" and allowed.stop_reason == "tool_use"
    assert [d["reason"] for d in demo.decisions("researcher")[before:]].count("tool_refused") == 2
