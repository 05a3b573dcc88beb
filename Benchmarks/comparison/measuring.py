"""The measurements themselves."""

import json
import socket
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent


def body_of(size, stream=False):
    """A Messages API request of exactly `size` bytes: large ones carry tools and a history, as agents send them."""
    request = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "stream": stream,
               "metadata": {"user_id": "benchmark"}, "messages": [{"role": "user", "content": ""}]}
    if size > 16_384:
        request["tools"] = [
            {"name": f"tool_{number}", "description": "Looks something up. " * 20,
             "input_schema": {"type": "object", "properties": {
                 "query": {"type": "string", "description": "What to look for"},
                 "limit": {"type": "integer"}}, "required": ["query"]}} for number in range(24)]
        for turn in range(20):
            request["messages"].insert(0, {"role": "assistant", "content": [
                {"type": "text", "text": f"Turn {turn}: " + "so it goes on and on. " * 60}]})
            request["messages"].insert(0, {"role": "user", "content": "And then? " * 20})
    request["messages"][-1]["content"] = "x" * (size - len(json.dumps(request)))
    body = json.dumps(request)
    assert len(body) == size
    return body


def load(contestant, tls, body, token, seconds, connections=32):
    """Processor time a request of one contestant under load, in microseconds."""
    scheme, port = ("https", contestant.tls) if tls else ("http", contestant.plain)
    before = contestant.child.cpu_seconds()
    run = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", HERE / "requests.lua",
         f"{scheme}://127.0.0.1:{port}/claude/v1/messages", "--", body, token],
        capture_output=True, text=True, timeout=seconds + 30)
    used = contestant.child.cpu_seconds() - before
    lines = [line for line in run.stdout.splitlines() if line.startswith("result ")]
    if not lines:
        raise SystemExit(f"wrk failed against {contestant.name}:\n{run.stdout}{run.stderr}")
    result = json.loads(lines[0][7:])
    if result["failed"] or not result["requests"]:
        raise SystemExit(f"{contestant.name} did not answer 2xx to everything: {result}")
    return {"cpu": used / result["requests"] * 1e6, "rate": result["requests"] / result["seconds"],
            "p50": result["p50"], "p99": result["p99"]}


def load_rounds(contestants, tls, body, token, rounds, seconds):
    """Rounds A B C A B C, so that whatever else the machine does hits all alike; medians."""
    samples = {contestant.name: [] for contestant in contestants}
    for number in range(rounds + 1):
        for contestant in contestants:
            sample = load(contestant, tls, body, token, seconds if number else 1)
            if number:  # the first warms up
                samples[contestant.name].append(sample)
    return {name: {key: statistics.median(sample[key] for sample in each) for key in each[0]}
            for name, each in samples.items()}


class Connection:
    """One keep-alive connection that times its requests."""

    def __init__(self, port, path, body, token):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(10)
        self.request = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\nanthropic-version: 2023-06-01\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body.encode()

    def whole(self):
        """Seconds to the answer's last byte."""
        started = time.perf_counter()
        self.socket.sendall(self.request)
        data = self.socket.recv(65_536)
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, rest = data.partition(b"\r\n\r\n")
        self._check(head)
        length = next(int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n")
                      if line.startswith(b"content-length:"))
        left = length - len(rest)
        while left > 0:
            left -= len(self._more())
        return time.perf_counter() - started

    def first_event(self):
        """Seconds to the first whole server-sent event; reads the stream to its end."""
        started = time.perf_counter()
        self.socket.sendall(self.request)
        data = self.socket.recv(65_536)
        while b"event: message_start" not in data or b"\n\n" not in data:
            data += self._more()
        took = time.perf_counter() - started
        self._check(data)
        while b"\r\n0\r\n\r\n" not in data:
            data += self._more()
        return took

    def _more(self):
        data = self.socket.recv(65_536)
        if not data:
            raise SystemExit("a connection was closed in the middle of an answer")
        return data

    @staticmethod
    def _check(head):
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"an answer was not 200: {head[:400].decode(errors='replace')}")


def latency_rounds(targets, body, token, samples, streaming):
    """Percentiles of each target's latency at one connection, in microseconds. `targets` maps names to (port, path)."""
    connections = {name: Connection(port, path, body, token) for name, (port, path) in targets.items()}
    times = {name: [] for name in targets}
    for number in range(samples + 50):
        for name, connection in connections.items():
            took = connection.first_event() if streaming else connection.whole()
            if number >= 50:
                times[name].append(took * 1e6)
    return {name: {"p50": statistics.median(each), "p99": sorted(each)[len(each) * 99 // 100]}
            for name, each in times.items()}
