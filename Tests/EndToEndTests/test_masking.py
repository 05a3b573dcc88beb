"""What the Anthropic Python SDK puts together from masked answers: whole, streamed, tool inputs, requests."""

import json

import anthropic
import pytest

SONNET = "claude-sonnet-4-5"
SECRETS = ["ana.lima@acme.example", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "CX-12345678"]
SAID = "Write to {}, card {}, account {}, customer {} today.".format(*SECRETS)
SEEN = "Write to [email], card [payment_card], account [iban], customer [customer-id] today."
TOOL = {"name": "send", "description": "Sends.", "input_schema": {"type": "object"}}


@pytest.fixture
def client(demo):
    return anthropic.Anthropic(base_url=demo.plain_url, auth_token=demo.token("triage-bot"), api_key=None, max_retries=0)


def turn(text):
    """The demo's upstream repeats what a tool said."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "send", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": text}
    return {
        "model": SONNET, "max_tokens": 300, "tools": [TOOL],
        "messages": [
            {"role": "user", "content": "go"}, {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]}]}


def test_a_whole_answer_is_masked(client):
    answer = client.messages.create(**turn(SAID))
    assert answer.content[0].text == "The tool said: " + SEEN
    assert answer.usage.output_tokens > 0


def test_a_stream_says_what_the_whole_says(client):
    with client.messages.stream(**turn(SAID)) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert "".join(pieces).rstrip() == "The tool said: " + SEEN
    assert final.content[0].text == "".join(pieces) and final.stop_reason == "end_turn"
    assert not any(secret in "".join(pieces) for secret in SECRETS)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tools_input_stays_json(client, streamed):
    asked = {"to": SECRETS[0], "note": {"lines": ["card " + SECRETS[1], 7, None, "fine \"quoted\" ü 😀"]}}
    arguments = {
        "model": SONNET, "max_tokens": 300, "tools": [TOOL],
        "messages": [{"role": "user", "content": "!tool send " + json.dumps(asked)}]}
    if streamed:
        with client.messages.stream(**arguments) as stream:
            final = stream.get_final_message()
    else:
        final = client.messages.create(**arguments)
    assert final.content[-1].input == {
        "to": "[email]", "note": {"lines": ["card [payment_card]", 7, None, "fine \"quoted\" ü 😀"]}}


def test_what_was_masked_is_on_record_and_no_value_is(client, demo):
    before = len(demo.decisions("triage-bot"))
    client.messages.create(**turn(SAID))
    [note] = [d for d in demo.decisions("triage-bot")[before:] if d["reason"] == "masked"]
    text = json.dumps(note)
    assert all(f'"{name}"' in text or f'\\"{name}\\"' in text for name in ["email", "payment_card", "iban", "customer-id"])
    assert not any(secret in text for secret in SECRETS)
