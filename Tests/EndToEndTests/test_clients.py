"""What the real clients rely on, by an upstream that says exactly what the API would."""

import asyncio
import json
import threading

import anthropic
import pytest
from conftest import GRANTCTL
from gateway import Gateway, documents
from relay import Relay
from upstream import Upstream, message

SONNET = "claude-sonnet-4-5"
HELLO = [{"role": "user", "content": "hello"}]
SIGNATURE = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds/+a==\u00e9"


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(demo, upstream, tmp_path_factory):
    can = "{models: ['claude-*'], betas: ['*'], operations: [messages, count_tokens, models, batches]}"
    gateway = Gateway(GRANTCTL, demo, tmp_path_factory.mktemp("clients"), documents(demo, upstream.url, can))
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture
def relay(gateway):
    relay = Relay(*gateway.address)
    yield relay
    relay.stop()


@pytest.fixture
def client(demo, relay):
    return anthropic.Anthropic(
        base_url=relay.url + "/claude", auth_token=demo.token("triage-bot"), api_key=None, max_retries=0)


@pytest.fixture(autouse=True)
def everything_arrived_as_it_was_sent(gateway, upstream, relay):
    upstream.forget()
    yield
    assert sorted(r.body for r in upstream.received if r.body) == sorted(relay.bodies())
    assert not upstream.errors


def start(answer, **more):
    answer.begin(request_id="req_1")
    answer.event("message_start", message=message(**more) | {"content": [], "stop_reason": None})


def stop(answer, reason="end_turn"):
    answer.event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": 9})
    answer.event("message_stop")
    answer.end()


def block(answer, index, block, *deltas):
    answer.event("content_block_start", index=index, content_block=block)
    for delta in deltas:
        answer.event("content_block_delta", index=index, delta=delta)
    answer.event("content_block_stop", index=index)


def test_thinking_and_its_signature_come_and_go_back_unchanged(client, upstream):
    def think(request, answer):
        start(answer)
        block(answer, 0, {"type": "thinking", "thinking": "", "signature": ""},
              {"type": "thinking_delta", "thinking": "Let me "}, {"type": "thinking_delta", "thinking": "see: Zürich 😀"},
              {"type": "signature_delta", "signature": SIGNATURE})
        block(answer, 1, {"type": "redacted_thinking", "data": "opaque/+=="})
        block(answer, 2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hello"})
        stop(answer)

    upstream.script = think
    thinking = {"type": "enabled", "budget_tokens": 1024}
    with client.messages.stream(model=SONNET, max_tokens=2000, messages=HELLO, thinking=thinking) as stream:
        final = stream.get_final_message()
    assert [b.type for b in final.content] == ["thinking", "redacted_thinking", "text"]
    assert (final.content[0].thinking, final.content[0].signature) == ("Let me see: Zürich 😀", SIGNATURE)
    assert final.content[1].data == "opaque/+=="
    upstream.script = lambda request, answer: answer.json(message())
    client.messages.create(
        model=SONNET, max_tokens=2000, thinking=thinking,
        messages=[*HELLO, {"role": "assistant", "content": final.content}, {"role": "user", "content": "again"}])
    sent = upstream.received[-1].json["messages"][1]["content"]
    assert sent[0]["signature"] == SIGNATURE and sent[1] == {"type": "redacted_thinking", "data": "opaque/+=="}


def test_prompt_caching_is_asked_for_and_reported(client, upstream):
    usage = {"input_tokens": 3, "output_tokens": 2, "cache_creation_input_tokens": 1000, "cache_read_input_tokens": 2000,
             "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600}}
    upstream.script = lambda request, answer: answer.json(message(usage=usage))
    answer = client.beta.messages.create(
        model=SONNET, max_tokens=9, messages=HELLO, betas=["extended-cache-ttl-2025-04-11", "prompt-caching-2024-07-31"],
        system=[{"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])
    assert answer.usage.cache_creation_input_tokens == 1000 and answer.usage.cache_read_input_tokens == 2000
    assert answer.usage.cache_creation.ephemeral_1h_input_tokens == 600
    [request] = upstream.received
    assert request["anthropic-beta"] == ["extended-cache-ttl-2025-04-11,prompt-caching-2024-07-31"]
    assert len(request["anthropic-version"]) == 1 and request.target.startswith("/v1/messages")
    assert request.json["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_what_the_upstream_asks_to_be_repeated_is_repeated_when_it_says(client, upstream):
    def busy(request, answer):
        count = len(upstream.received)
        if count == 1:
            return answer.json({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}, 429,
                               retry_after="0", retry_after_ms="10", anthropic_ratelimit_requests_remaining="0")
        if count == 2:
            return answer.json({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, 529)
        answer.json(message())

    upstream.script = busy
    assert client.with_options(max_retries=3).messages.create(model=SONNET, max_tokens=9, messages=HELLO).content
    assert [r["x-stainless-retry-count"] for r in upstream.received] == [["0"], ["1"], ["2"]]


def test_what_it_asks_not_to_be_repeated_is_not(client, upstream):
    upstream.script = lambda request, answer: answer.json(
        {"type": "error", "error": {"type": "api_error", "message": "no"}}, 500, x_should_retry="false")
    with pytest.raises(anthropic.InternalServerError):
        client.with_options(max_retries=3).messages.create(model=SONNET, max_tokens=9, messages=HELLO)
    assert len(upstream.received) == 1


def test_request_ids_and_rate_limits_reach_the_client(client, upstream):
    fields = {
        "request-id": "req_011CSHoEeqs5C35K2UUqR7Fy", "anthropic-ratelimit-requests-limit": "4000",
        "anthropic-ratelimit-requests-remaining": "3999", "anthropic-ratelimit-requests-reset": "2026-11-20T14:03:00Z",
        "anthropic-ratelimit-unified-status": "allowed", "anthropic-organization-id": "org_1", "retry-after": "7",
        "cf-ray": "8f", "x-robots-tag": "none", "set-cookie": "a=b"}
    upstream.script = lambda request, answer: answer.json(message(), **fields)
    answer = client.messages.with_raw_response.create(model=SONNET, max_tokens=9, messages=HELLO)
    assert answer.request_id == fields["request-id"] and answer.parse()._request_id == fields["request-id"]
    for name, value in fields.items():
        assert answer.headers[name] == value
    assert answer.headers["x-grantctl-request"]
    upstream.script = lambda request, answer: answer.json(
        {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}, "request_id": "req_2"}, 400,
        request_id="req_2")
    with pytest.raises(anthropic.BadRequestError) as error:
        client.messages.create(model=SONNET, max_tokens=9, messages=HELLO)
    assert error.value.request_id == "req_2" and error.value.body["request_id"] == "req_2"


def test_pings_pass_one_by_one_while_nothing_else_comes(client, upstream):
    seen = threading.Semaphore(0)

    def silent(request, answer):
        start(answer)
        for _ in range(20):
            answer.event("ping")
            # Only once the client has this one the next is sent.
            assert seen.acquire(timeout=30)
        block(answer, 0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "at last"})
        stop(answer)

    upstream.script = silent
    with client.messages.with_streaming_response.create(
            model=SONNET, max_tokens=9, messages=HELLO, stream=True) as response:
        text = ""
        for line in response.iter_lines():
            text += line
            if line == "event: ping":
                seen.release()
    assert "at last" in text


def test_a_client_that_goes_cancels_upstream_at_once(client, upstream):
    gone = threading.Event()

    def endless(request, answer):
        start(answer)
        answer.event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        answer.event("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"})
        if answer.closed(60):
            gone.set()

    upstream.script = endless
    with client.messages.stream(model=SONNET, max_tokens=9, messages=HELLO) as stream:
        for _ in stream.text_stream:
            break
    client.close()
    assert gone.wait(30)


def test_a_cancelled_task_cancels_upstream(demo, relay, upstream):
    asked, gone = threading.Event(), threading.Event()

    def silent(request, answer):
        asked.set()
        if answer.closed(60):
            gone.set()

    upstream.script = silent

    async def run():
        async with anthropic.AsyncAnthropic(
                base_url=relay.url + "/claude", auth_token=demo.token("triage-bot"), api_key=None, max_retries=0) as client:
            task = asyncio.create_task(client.messages.create(model=SONNET, max_tokens=9, messages=HELLO))
            await asyncio.to_thread(asked.wait, 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert gone.wait(30)


def test_errors_in_a_stream_that_has_begun_reach_the_client(client, upstream):
    def overloaded(request, answer):
        start(answer)
        answer.event("error", error={"type": "overloaded_error", "message": "Overloaded"})
        answer.end()

    upstream.script = overloaded
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        with client.messages.stream(model=SONNET, max_tokens=9, messages=HELLO) as stream:
            stream.get_final_message()


def test_streams_arrive_byte_for_byte_whatever_they_hold(demo, gateway, client, upstream):
    odd = (b": a comment\n\nid: 7\nretry: 10\nevent: ping\ndata: {\"type\": \"ping\"}\n\n"
           b"event: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"index\":0,\r\n"
           b"data: \"delta\":{\"type\":\"text_delta\",\"text\":\"\xc3\xbc\\u2028\"}}\r\n\r\nevent: later_than_us\ndata: [1,2.50]\n\n")

    def odd_stream(request, answer):
        answer.begin()
        for byte in odd:
            answer.chunk(bytes([byte]))
        answer.end()

    upstream.script = odd_stream
    with client.messages.with_streaming_response.create(
            model=SONNET, max_tokens=9, messages=HELLO, stream=True) as response:
        assert b"".join(response.iter_bytes()) == odd


def test_a_body_of_many_tools_and_a_long_history_arrives_as_it_was_sent(client, upstream):
    tools = [{"name": f"tool_{i}", "description": "ü" * 200, "input_schema": {
        "type": "object", "properties": {"a": {"type": "number", "default": 0.1 + i}}}} for i in range(100)]
    history = [{"role": ("user", "assistant")[i % 2], "content": [{"type": "text", "text": f"turn {i} \\u0041 \U0001f600"}]}
               for i in range(201)]
    client.messages.create(model=SONNET, max_tokens=9, messages=history, tools=tools)
    assert len(upstream.received[-1].body) > 40_000
    assert json.loads(upstream.received[-1].body)["tools"] == tools
