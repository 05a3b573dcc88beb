"""Load and faults on the real process: bounded memory, errors that say what is wrong, and all as before without a restart."""

import json
import os
import select
import socket
import subprocess
import threading
import time

import pytest
from conftest import GRANTCTL
from gateway import Gateway, documents
from raw_client import Client, body, frame, http2, literal, request
from upstream import Upstream, message

CAN = "{models: ['claude-*']}"


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(demo, upstream, tmp_path_factory):
    gateway = Gateway(GRANTCTL, demo, tmp_path_factory.mktemp("faults"), documents(demo, upstream.url, CAN))
    gateway.more = "event_loops: 1\n"
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def token(demo):
    return demo.token("triage-bot")


@pytest.fixture(autouse=True)
def as_before(request):
    """Whatever a test did: the same process answers, and holds nothing."""
    yield
    if "gateway" not in request.fixturenames:
        return
    gateway, upstream = request.getfixturevalue("gateway"), request.getfixturevalue("upstream")
    upstream.script = lambda request, answer: answer.json(message())
    assert gateway.process.poll() is None
    status, _, _ = gateway.ask(request.getfixturevalue("token"))
    assert status == 200
    gateway.wait_for(lambda: gateway.metric("grantctl_exchanges_in_flight") == 0)
    gateway.wait_for(lambda: gateway.metric("grantctl_request_body_bytes") == 0)


def test_large_bodies_many_at_a_time_are_refused_before_memory_is(demo, gateway, upstream, token):
    large = body(31 << 20)
    upstream.script = lambda request, answer: answer.json(message(str(len(request.body))))
    client = Client(gateway)
    status, _, text = client.send(request(token, large)).answer()
    assert (status, json.loads(text)["content"][0]["text"]) == (200, str(len(large)))
    # Seven unfinished ones of a caller: an eighth of a gibibyte is room for four, the others are told to wait.
    clients, refused = [], []
    for _ in range(7):
        clients.append(Client(gateway))
        try:
            clients[-1].send(request(token, large)[:-1000])
        except ConnectionError:
            pass
    gateway.wait_for(lambda: gateway.metric("grantctl_request_body_bytes") >= 31 << 20)
    waiting, deadline = {each.socket: each for each in clients}, time.monotonic() + 60
    while len(refused) < 3 and time.monotonic() < deadline:
        for ready in select.select(list(waiting), [], [], 1)[0]:
            refused.append(waiting.pop(ready).answer())
    assert gateway.memory < 700
    assert len(refused) == 3
    for status, fields, text in refused:
        assert status == 429 and fields["retry-after"] == "2"
        assert b"too many of your request bodies" in text and b"rate_limit_error" in text
    # Somebody else is served meanwhile.
    assert gateway.metric("grantctl_request_body_bytes") > 0
    upstream.forget()
    for each in clients:
        each.close(reset=True)
    assert upstream.received == []
    client.close()


def test_slow_and_half_open_clients_hold_up_nobody(gateway, upstream, token):
    whole = request(token, body())
    slow = [Client(gateway) for _ in range(200)]
    for number, each in enumerate(slow):
        each.send(whole[:number % len(whole)])
    began = time.monotonic()
    assert gateway.ask(token)[0] == 200
    assert time.monotonic() - began < 30
    # Byte by byte is slow, and right.
    patient = Client(gateway)
    for byte in whole:
        patient.send(bytes([byte]))
    assert patient.answer()[0] == 200
    assert gateway.metric("grantctl_connections") >= 200
    for each in slow:
        each.close(reset=True)
    patient.close()
    gateway.wait_for(lambda: gateway.metric("grantctl_connections") < 20)


def test_a_client_that_does_not_read_makes_the_upstream_wait(gateway, upstream, token):
    written = []

    def endless(request, answer):
        answer.begin()
        answer.connection.settimeout(0.5)
        try:
            while sum(written) < 256 << 20:
                answer.event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 60_000})
                written.append(60_000)
        except TimeoutError:
            written.append(0)
            answer.closed(60)

    upstream.script = endless
    before = gateway.memory
    client = Client(gateway)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send(request(token, body(stream=True)))
    gateway.wait_for(lambda: written and written[-1] == 0)
    # What is under way is bounded by what sockets hold.
    assert sum(written) < 64 << 20
    assert gateway.memory < before + 64
    client.close(reset=True)


def test_an_endless_stream_passes_in_bounded_memory(gateway, upstream, token):
    def endless(request, answer):
        answer.begin()
        while True:
            answer.event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 16_000})

    upstream.script = endless
    client = Client(gateway).send(request(token, body(stream=True)))
    received, before = 0, None
    while received < 32 << 20:
        received += len(client.socket.recv(1 << 20))
        if before is None and received > 8 << 20:
            before = gateway.memory
    assert gateway.memory < before + 32
    client.close(reset=True)


def test_an_event_that_never_ends_passes_where_nothing_is_judged(gateway, upstream, token):
    def endless(request, answer):
        answer.begin()
        answer.chunk(b"data: ")
        while True:
            answer.chunk(b"x" * 65_536)

    upstream.script = endless
    client = Client(gateway).send(request(token, body(stream=True)))
    received, before = 0, gateway.memory
    while received < 32 << 20:
        received += len(client.socket.recv(1 << 20))
    assert gateway.memory < before + 64
    client.close(reset=True)


@pytest.mark.parametrize("how", ["reset", "closed", "nonsense", "half a head", "two lengths", "bad chunk"])
def test_an_upstream_that_breaks_before_it_answers_is_a_502(gateway, upstream, token, how):
    def broken(request, answer):
        if how == "nonsense":
            answer.send(b"what?\r\n\r\n")
        if how == "half a head":
            answer.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
        if how == "two lengths":
            answer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab")
        if how == "bad chunk":
            answer.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked"
                        b"\r\n\r\n{}")
        answer.reset() if how == "reset" else answer.connection.shutdown(socket.SHUT_RDWR)

    upstream.script = broken
    status, fields, text = Client(gateway).send(request(token, body())).answer()
    assert status == 502 and json.loads(text)["error"]["type"] == "api_error"
    assert fields["x-grantctl-request"]


def test_a_reset_in_the_middle_of_a_stream_is_an_error_event_and_of_a_body_no_end(gateway, upstream, token):
    def broken(request, answer):
        if request.json.get("stream"):
            answer.begin()
            answer.event("content_block_delta", index=0, delta={"type": "text_delta", "text": "half"})
        else:
            answer.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"half\":")
        time.sleep(0.2)
        answer.reset()

    upstream.script = broken
    text = Client(gateway).send(request(token, body(stream=True))).ended()
    assert b'"half"' in text and b"event: error\n" in text and b"ended before it was complete" in text
    assert not text.endswith(b"0\r\n\r\n")
    text = Client(gateway).send(request(token, body())).ended()
    assert text.endswith(b'{"half":')


def test_a_client_that_goes_cancels_upstream_at_once(gateway, upstream, token):
    gone = threading.Event()

    def silent(request, answer):
        answer.begin()
        answer.event("message_start", message={})
        if answer.closed(60):
            gone.set()

    upstream.script = silent
    for reset in (False, True):
        gone.clear()
        client = Client(gateway).send(request(token, body(stream=True)))
        client.until(b"message_start")
        client.close(reset)
        assert gone.wait(30)


def test_an_upstream_that_is_not_there_is_a_502_and_is_found_again(demo, token, tmp_path):
    upstream = Upstream()
    port = upstream.port
    gateway = Gateway(GRANTCTL, demo, tmp_path, documents(demo, upstream.url, CAN))
    try:
        gateway.start()
        assert gateway.ask(token)[0] == 200
        upstream.stop()
        upstream.cut()
        gateway.wait_for(lambda: b"cannot reach the upstream" in gateway.ask(token)[2])
        assert gateway.ask(token)[0] == 502
        # A name that nobody knows.
        gateway.commit({"services/claude.yaml": documents(demo, "https://upstream.invalid", CAN)["services/claude.yaml"]})
        gateway.wait_for(lambda: gateway.ask(token)[0] == 502)
        # And back.
        upstream = Upstream(port=port)
        gateway.commit({"services/claude.yaml": documents(demo, upstream.url, CAN)["services/claude.yaml"]})
        gateway.wait_for(lambda: gateway.ask(token)[0] == 200)
    finally:
        gateway.stop()
        upstream.stop()


@pytest.mark.parametrize("flood, status", [
    (b"".join(b"X-%d: a\r\n" % i for i in range(1000)), 431), (b"X-A: " + b"a" * 200_000 + b"\r\n", 431),
    (b"A" * 200_000 + b": b\r\n", 431),
])
def test_header_floods_are_refused_and_cut(gateway, token, flood, status):
    client = Client(gateway)
    try:
        client.send(b"POST /claude/v1/messages HTTP/1.1\r\nHost: g\r\n" + flood + b"\r\n")
    except ConnectionError:
        pass
    try:
        assert client.answer()[0] == status
    except (EOFError, ConnectionError):
        # Cut while it was still being sent.
        pass
    client.close()


def test_a_header_without_an_end_is_cut(gateway, upstream, token):
    before = gateway.memory
    client = Client(gateway)
    with pytest.raises((ConnectionError, EOFError)):
        client.send(b"POST /claude/v1/messages HTTP/1.1\r\nHost: g\r\n")
        for number in range(1 << 20):
            client.send(b"X-%d: " % number + b"a" * 1000 + b"\r\n")
    assert gateway.memory < before + 32


def memory(process):
    for line in open(f"/proc/{process.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024


def test_rapid_resets_end_the_connection_and_nothing_else(demo, token):
    fields = b"".join(literal(*field) for field in [
        (":method", "POST"), (":scheme", "https"), (":path", "/claude/v1/messages"), (":authority", "g"),
        ("authorization", f"Bearer {token}"), ("content-type", "application/json")])
    before = memory(demo.process)
    connection = http2(demo)
    with pytest.raises((OSError, EOFError)):
        for number in range(1, 200_001, 2):
            connection.sendall(frame(1, 4, number, fields) + frame(3, 0, number, b"\0\0\0\x08"))
            if number % 2000 == 1:
                connection.settimeout(0.01)
                try:
                    if connection.recv(1 << 16) == b"":
                        raise EOFError
                except TimeoutError:
                    pass
                connection.settimeout(60)
    connection.close()
    assert memory(demo.process) < before + 64
    again = http2(demo)
    again.sendall(frame(1, 4, 1, fields) + frame(0, 1, 1, body()))
    received = b""
    while b"usage" not in received:
        data = again.recv(1 << 16)
        assert data, received
        received += data
    again.close()


def test_continuations_without_an_end_are_cut(demo):
    before = memory(demo.process)
    connection = http2(demo)
    with pytest.raises(OSError):
        connection.sendall(frame(1, 0, 1, literal(":method", "GET")))
        for _ in range(20_000):
            connection.sendall(frame(9, 0, 1, literal("x-a", "a" * 100)))
    connection.close()
    assert memory(demo.process) < before + 64


def test_out_of_descriptors_it_refuses_waits_and_goes_on(demo, upstream, token, tmp_path):
    gateway = Gateway(GRANTCTL, demo, tmp_path, documents(demo, upstream.url, CAN))
    gateway.under = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"]
    try:
        gateway.start()
        assert gateway.ask(token)[0] == 200
        clients = [Client(gateway) for _ in range(300)]
        # No room for one more: who is connected is answered as far as it goes.
        gateway.wait_for(lambda: len(os.listdir(f"/proc/{gateway.process.pid}/fd")) > 120)
        assert gateway.process.poll() is None
        status, _, text = clients[0].send(request(token, body())).answer()
        assert status in (200, 502, 503), text
        for each in clients:
            each.close(reset=True)
        gateway.wait_for(lambda: answers(gateway, token))
    finally:
        gateway.stop()


def answers(gateway, token):
    try:
        return gateway.ask(token)[0] == 200
    except OSError:
        return False


def test_with_a_full_disk_nothing_is_forwarded_until_there_is_room(demo, upstream, token, tmp_path):
    gateway = Gateway(GRANTCTL, demo, tmp_path, documents(demo, upstream.url, CAN))
    disk = tmp_path / "state"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("only root can make a disk that is full")
    try:
        gateway.start()
        assert gateway.ask(token)[0] == 200
        filler = disk / "filler"
        try:
            with open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 65_536)
        except OSError:
            pass

        def refused():
            upstream.forget()
            status, _, text = gateway.ask(token)
            assert status == 200 or (status == 503 and b"cannot record its decisions" in text), (status, text)
            assert status == 200 or upstream.received == []
            return status == 503

        # What was reserved may still take a few.
        gateway.wait_for(refused)
        gateway.wait_for(lambda: refused() and gateway.metric("grantctl_records_writable") == 0)
        filler.unlink()
        gateway.wait_for(lambda: gateway.ask(token)[0] == 200)
        assert gateway.metric("grantctl_records_writable") == 1
        assert gateway.process.poll() is None
    finally:
        gateway.stop()
        subprocess.run(["umount", "-l", disk])
