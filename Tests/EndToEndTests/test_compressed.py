"""Upstreams that compress although nobody asked them to: the answer is read, judged and delivered all the same."""

import gzip
import json
import zlib

import anthropic
import pytest
from conftest import GRANTCTL
from gateway import Gateway, documents
from upstream import Upstream, message

SONNET = "claude-sonnet-4-5"
CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(demo, upstream, tmp_path_factory):
    gateway = Gateway(GRANTCTL, demo, tmp_path_factory.mktemp("compressed"), documents(
        demo, upstream.url, "{models: ['claude-*'], tools: [Read]}"))
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("tool", ["Read", "Bash"])
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_compressed_is_judged_like_what_is_not(demo, gateway, upstream, coding, tool, stream):
    call = {"type": "tool_use", "id": "t", "name": tool, "input": {}}

    def answer(request, answer):
        assert request["accept-encoding"] == ["identity"]
        if not stream:
            body = json.dumps(message(content=[call], stop_reason="tool_use")).encode()
            return answer.whole(CODINGS[coding](body), content_encoding=coding)
        events = [
            ("message_start", {"message": message() | {"content": [], "stop_reason": None}}),
            ("content_block_start", {"index": 0, "content_block": call}), ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}}), ("message_stop", {})]
        body = "".join(f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n" for name, data in events).encode()
        answer.begin(content_encoding=coding)
        data = CODINGS[coding](body)
        for start in range(0, len(data), 7):
            answer.chunk(data[start:start + 7])
        answer.end()

    upstream.script = answer
    client = anthropic.Anthropic(base_url=gateway.url, auth_token=demo.token("triage-bot"), api_key=None)
    question = {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
    if stream:
        with client.messages.stream(**question) as events:
            final = events.get_final_message()
    else:
        final = client.messages.create(**question)
    if tool == "Read":
        assert final.content[0].name == "Read" and final.stop_reason == "tool_use"
    else:
        assert [block.type for block in final.content] == ["text"] and "`Bash`" in final.content[0].text
