"""What the gateway says a body holds, compared with what Python's parser says: for bodies made at random, and for broken ones.

`GRANTCTL_BODIES` bodies of each kind, 200 by default; the seed is 1, and `GRANTCTL_SEED` takes others.
"""

import http.client
import json
import math
import os
import random
import subprocess

import pytest
from conftest import GRANTCTL
from gateway import Gateway, documents
from upstream import Upstream

BODIES = int(os.environ.get("GRANTCTL_BODIES", "200"))
PROVIDED = {
    "bash_20250124": ("client_tools", "bash"), "text_editor_20250728": ("client_tools", "str_replace_based_edit_tool"),
    "computer_20251124": ("client_tools", "computer"), "memory_20250818": ("client_tools", "memory"),
    "web_search_20250305": ("server_tools", "web_search"), "web_fetch_20250910": ("server_tools", "web_fetch"),
    "code_execution_20250825": ("server_tools", "code_execution"), "advisor_20260301": ("server_tools", "advisor"),
    "tool_search_tool_bm25": ("server_tools", "tool_search_tool_bm25"), "rocket_20270101": ("server_tools", "rocket"),
    "text_editor_20250124": ("client_tools", "str_replace_editor"), "tool_search_tool_regex": ("server_tools", "tool_search_tool_regex"),
}


class Twice(ValueError):
    pass


def strict(data):
    """The document, if it is JSON that every strict parser reads alike; raises ValueError otherwise."""
    def members(pairs):
        if len(dict(pairs)) < len(pairs):
            raise Twice()
        return dict(pairs)

    def refuse(word):
        raise ValueError(word)

    def number(text):
        value = float(text)
        if math.isinf(value):
            raise ValueError(text)
        return value

    def whole(text):
        value = int(text)
        if not -(1 << 63) <= value < 1 << 64:
            raise ValueError(text)
        return value

    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=members, parse_constant=refuse, parse_float=number, parse_int=whole)
    except RecursionError:
        raise ValueError("deep") from None
    # Halves of a surrogate pair, which Python lets pass.
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def facts(body):
    """What the documentation of `can` says a body asks for, read off the parsed document."""
    found = {name: set() for name in (
        "models", "tools", "client_tools", "server_tools", "inputs", "sources", "thinking", "effort", "service_tiers", "geo",
        "speed", "metadata", "mcp_connectors")}
    limits, state = [], {"stream": False}

    def anything(value):
        if isinstance(value, dict):
            for key, member in value.items():
                if key == "model" and isinstance(member, str):
                    found["models"].add(member)
                if key == "type" and isinstance(member, str) and member in PROVIDED and not member.startswith("rocket"):
                    found[PROVIDED[member][0]].add(member)
                anything(member)
        elif isinstance(value, list):
            for member in value:
                anything(member)

    def tool(each):
        if isinstance(each.get("model"), str):
            found["models"].add(each["model"])
        if each.get("max_tokens") is not None:
            limits.append(each["max_tokens"])
        kind = each.get("type")
        if kind is None or kind == "custom":
            found["tools"].add(each["name"])
        else:
            found[PROVIDED.get(kind, ("server_tools",))[0]].add(kind)
            # A name that the API has not given to any tool of its own is one that the caller chose.
            if each.get("name", "rocket") not in {name for _, name in PROVIDED.values()}:
                found["tools"].add(each["name"])

    def blocks(content):
        for block in content if isinstance(content, list) else []:
            kind = block.get("type")
            if kind in ("image", "document"):
                found["inputs"].add(kind)
                source = block.get("source") or {}
                if source.get("type") in ("url", "file"):
                    found["sources"].add(source["type"])
            if kind == "tool_result":
                blocks(block.get("content"))

    for key, value in body.items():
        if key == "model":
            found["models"].add(value)
        elif key == "max_tokens":
            limits.append(value)
        elif key == "stream":
            state["stream"] = value
        elif key == "messages":
            for entry in value:
                blocks(entry.get("content"))
        elif key == "tools":
            for each in value:
                tool(each)
        elif key == "fallbacks" and value is not None:
            for each in value:
                model = each if isinstance(each, str) else each.get("model")
                if model is not None:
                    found["models"].add(model)
                if isinstance(each, dict) and each.get("max_tokens") is not None:
                    limits.append(each["max_tokens"])
        elif key == "thinking" and value is not None:
            if value.get("type") not in (None, "disabled"):
                found["thinking"].add(value["type"])
        elif key == "output_config" and value is not None:
            if value.get("effort") is not None:
                found["effort"].add(value["effort"])
        elif key == "service_tier" and value is not None:
            found["service_tiers"].add(value)
        elif key == "inference_geo" and value is not None:
            found["geo"].add(value)
        elif key == "speed" and value not in (None, "standard"):
            found["speed"].add(value)
        elif key == "metadata" and value is not None:
            found["metadata"] |= {name for name, member in value.items() if member is not None}
        elif key == "mcp_servers" and value is not None:
            found["mcp_connectors"] |= {"/".join(each["url"].split("/")[:3]) for each in value}
        elif key == "system":
            blocks(value)
        elif key.startswith("later"):
            anything(value)
    return {name: values for name, values in found.items() if values} | {
        "max_tokens": max(limits)} | {"stream": state["stream"]}


class Maker:
    def __init__(self, rest):
        self.rest = rest

    def chance(self, one):
        return self.rest.randrange(one) == 0

    def word(self):
        return "".join(self.rest.choice("abcdefgh_-.éß😀\"\\ /\u2028") for _ in range(self.rest.randint(1, 12)))

    def model(self):
        return "claude-" + self.word()

    def many(self, make, most):
        return [make() for _ in range(self.rest.randint(0, most))]

    def body(self):
        body = {"model": self.model(), "max_tokens": self.rest.randint(1, 99_999), "messages": self.many(self.entry, 4)}
        if self.chance(2):
            body["tools"] = self.many(self.tool, 5)
        if self.chance(3):
            body["stream"] = self.chance(2)
        if self.chance(4):
            body["fallbacks"] = self.many(
                lambda: self.model() if self.chance(2) else {"model": self.model(), "max_tokens": self.rest.randint(1, 199_999)}, 3)
        if self.chance(4):
            body["thinking"] = self.rest.choice([{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}, {"type": "disabled"}])
        if self.chance(4):
            body["output_config"] = {"effort": self.rest.choice(["low", "max"])}
        for name, values in {"service_tier": ["auto", "standard_only", None], "inference_geo": ["us", None],
                             "speed": ["fast", "standard"], "temperature": [0.5, 1, 1e-7], "system": ["s", [{"type": "text", "text": "t"}]],
                             "stop_sequences": [[], ["a"]]}.items():
            if self.chance(4):
                body[name] = self.rest.choice(values)
        if self.chance(4):
            body["metadata"] = {"user_id": self.word(), "more": None}
        if self.chance(6):
            body["mcp_servers"] = [{"type": "url", "name": f"s{i}", "url": f"https://m{i}.example/sse"} for i in range(2)]
        if self.chance(3):
            body["later_" + self.rest.choice("abc")] = self.anything(3)
        members = list(body.items())
        self.rest.shuffle(members)
        return dict(members)

    def entry(self):
        content = self.word() if self.chance(3) else self.many(lambda: self.block(2), 4)
        return {"role": self.rest.choice(["user", "assistant"]), "content": content}

    def block(self, depth):
        kind = self.rest.randrange(6)
        if kind == 0:
            return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
        if kind == 1:
            return {"type": "document", "source": {"type": "url", "url": "https://a.example/x"}}
        if kind == 2:
            return {"type": "tool_use", "id": "t", "name": "n", "input": {"model": "free", "type": "bash_20250124", "a": [1.5, None]}}
        if kind == 3 and depth:
            return {"type": "tool_result", "tool_use_id": "t", "content": self.many(lambda: self.block(depth - 1), 3)}
        return {"type": "text", "text": self.word()}

    def tool(self):
        if self.chance(2):
            kind = self.rest.choice(list(PROVIDED))
            tool = {"type": kind, "name": PROVIDED[kind][1]}
            if kind.startswith("advisor"):
                tool |= {"model": self.model(), "max_tokens": self.rest.randint(1, 99_999)}
            if kind.startswith("computer"):
                tool |= {"display_width_px": 1, "display_height_px": 1}
            return tool
        return {"name": self.word(), "input_schema": {"model": "free", "properties": {}}} | ({"type": "custom"} if self.chance(2) else {})

    def anything(self, depth):
        kind = self.rest.randrange(4)
        if kind == 0 and depth:
            return [self.anything(depth - 1) for _ in range(3)]
        if kind == 1 and depth:
            return {"k": self.anything(depth - 1), "model": self.model()}
        return self.rest.choice([self.word(), 7, -0.5, True, None])

    def text(self, body):
        return json.dumps(
            body, ensure_ascii=self.chance(2), indent=self.rest.choice([None, None, 1]),
            separators=self.rest.choice([(",", ":"), (" , ", " : ")])).encode()

    def broken(self, text):
        """The same with a few bytes changed, left out, or said again."""
        text = bytearray(text)
        for _ in range(self.rest.randint(1, 3)):
            place = self.rest.randrange(len(text) + 1)
            kind = self.rest.randrange(6)
            if kind == 0 and place < len(text):
                text[place] = self.rest.randrange(256)
            elif kind == 1:
                del text[place:place + self.rest.randint(1, 9)]
            elif kind == 2:
                text[place:place] = self.rest.choice([
                    b",", b'"', b"\\", b"}", b"{", b"\\u0041", b"\\ud800", b"\\ud83d\\ude00", b"\xff", b"\xed\xa0\x80", b"\0", b" ",
                    b"1e999", b"0", b"-", b"NaN", b"null", b"\xef\xbb\xbf", b"99999999999999999999", b"[" * 1100, b"/*x*/", b"\n"])
            elif kind == 3:
                end = min(len(text), place + self.rest.randint(1, 60))
                text[place:place] = text[place:end]
            elif kind == 4:
                # A member once more.
                text[1:1] = b'"max_tokens":5,' if self.rest.random() < 0.5 else b'"model":"claude-x",'
            else:
                other = self.rest.randrange(len(text) + 1)
                text[place:place], text[other:other + 4] = text[other:other + 4], b""
            text = text or bytearray(b"{")
        return bytes(text)


@pytest.fixture(scope="module")
def gateway(demo, tmp_path_factory):
    upstream = Upstream(lambda request, answer: answer.json({}))
    files = documents(demo, upstream.url, "{models: ['claude-*']}", service="mode: observe\nunknown_fields: record")
    gateway = Gateway(GRANTCTL, demo, tmp_path_factory.mktemp("differential"), files)
    gateway.start()
    yield gateway
    gateway.stop()
    upstream.stop()


class Asker:
    def __init__(self, gateway, token):
        self.gateway, self.token, self.connection = gateway, token, None

    def ask(self, body):
        """The status, the gateway's words where it refused, and the record's id."""
        for _ in range(2):
            try:
                self.connection = self.connection or http.client.HTTPConnection(*self.gateway.address, timeout=60)
                self.connection.request("POST", "/claude/v1/messages", body, {
                    "authorization": f"Bearer {self.token}", "content-type": "application/json"})
                answer = self.connection.getresponse()
                text = answer.read()
                return answer.status, text.decode(), answer.headers["x-grantctl-request"]
            except (OSError, http.client.HTTPException):
                self.connection = None
        raise AssertionError("no answer")


def recorded(gateway):
    output = subprocess.run(
        [GRANTCTL, "decisions", "--state", gateway.state, "--limit", "1000000", "--json"],
        check=True, capture_output=True, text=True, timeout=120).stdout
    return {line["id"]: line for line in map(json.loads, output.rstrip("\n").split("\n"))}


def said(record):
    names = record["facts"]
    return {name: set(value) if isinstance(value, list) else value for name, value in names.items()
            if name not in ("operations", "unknown_fields", "ungrantable", "missing", "observed", "closed", "left_out", "max_uses",
                            "thinking_tokens", "web_domains", "allowed_callers", "betas", "containers", "skills")}


def test_facts_agree_with_another_parser(demo, gateway):
    seed = int(os.environ.get("GRANTCTL_SEED", 1))
    print(f"seed {seed}")
    maker, asker = Maker(random.Random(seed)), Asker(gateway, demo.token("triage-bot"))
    asked, refused, accepted = {}, 0, 0
    for number in range(2 * BODIES):
        text = maker.text(maker.body())
        if number % 2:
            text = maker.broken(text)
        try:
            parsed, fault = strict(text), None
        except Twice:
            parsed, fault = None, "twice"
        except ValueError as error:
            parsed, fault = None, str(error)
        status, words, record = asker.ask(text)
        if fault:
            assert status == 400, (fault, text)
            assert "not strict JSON" in words or "twice in one object" in words or "`\\\\u` escapes" in words, (fault, words, text)
            refused += 1
            continue
        assert "not strict JSON" not in words and "twice in one object" not in words, (words, text)
        if status == 200:
            asked[record] = (text, parsed)
            accepted += number % 2
        else:
            assert status == 400 and number % 2, (status, words, text)
    records = recorded(gateway)
    for record, (text, parsed) in asked.items():
        have, expected = said(records[record]), facts(parsed)
        unknown = records[record]["facts"].get("unknown_fields", [])
        if all(field.startswith("later_") and "." not in field for field in unknown):
            assert have == expected, (text, have, expected)
        else:
            # A key that was broken into another one: what it holds is searched for names, and nothing is missed for it.
            for name, values in expected.items():
                assert values <= have[name] if isinstance(values, set) else values == have[name], (text, have, expected)
    assert len(asked) >= BODIES and refused > BODIES / 10 and accepted > BODIES / 100, (len(asked), refused, accepted)
