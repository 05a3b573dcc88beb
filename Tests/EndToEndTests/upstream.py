"""An upstream that answers what a test scripts, byte by byte, and keeps every byte that it was sent."""

import json
import select
import socket
import threading

CHUNKED = b"transfer-encoding: chunked\r\n"


class Request:
    """One request as it arrived; `raw` is all of it."""

    def __init__(self, head, body):
        self.raw, self.body = head + body, body
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]

    def __getitem__(self, name):
        """The values of a field, in their order."""
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def json(self):
        return json.loads(self.body)


class Answer:
    """The connection to the gateway, for a script to write to."""

    def __init__(self, connection):
        self.connection = connection

    def send(self, data):
        self.connection.sendall(data)

    def whole(self, body, status=200, type="application/json", **fields):
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        self.send(f"HTTP/1.1 {status} X\r\ncontent-type: {type}\r\n{more}content-length: {len(body)}\r\n\r\n".encode() + body)

    def json(self, value, status=200, **fields):
        self.whole(json.dumps(value).encode(), status, **fields)

    def begin(self, type="text/event-stream; charset=utf-8", **fields):
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()).encode()
        self.send(b"HTTP/1.1 200 OK\r\ncontent-type: " + type.encode() + b"\r\n" + more + CHUNKED + b"\r\n")

    def chunk(self, data):
        self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def event(self, name, **data):
        self.chunk(f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n".encode())

    def end(self):
        self.send(b"0\r\n\r\n")

    def closed(self, seconds=30):
        """Waits until the gateway gives the connection up."""
        ready, _, _ = select.select([self.connection], [], [], seconds)
        if not ready:
            return False
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()


def message(text="Hello", **more):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 2}} | more


class Upstream:
    """Answers every request by `script(request, answer)`, a thread a connection; requests are in `received`."""

    def __init__(self, script=None, port=0):
        self.script = script or (lambda request, answer: answer.json(message()))
        self.received, self.errors, self.connections = [], [], 0
        self.arrived = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=512, reuse_port=False)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        pending = b""
        try:
            while True:
                while b"\r\n\r\n" not in pending:
                    data = connection.recv(1 << 18)
                    if not data:
                        return
                    pending += data
                head, pending = pending.split(b"\r\n\r\n", 1)
                request = Request(head + b"\r\n\r\n", b"")
                length = int((request["content-length"] or ["0"])[0])
                body = bytearray(pending[:length])
                pending = pending[length:]
                while len(body) < length:
                    data = connection.recv(1 << 18)
                    if not data:
                        return
                    body += data[:length - len(body)]
                request = Request(head + b"\r\n\r\n", bytes(body))
                with self.arrived:
                    self.received.append(request)
                    self.arrived.notify_all()
                self.script(request, Answer(connection))
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001: shown by the test that scripted it
            self.errors.append(error)
        finally:
            connection.close()

    def wait(self, count, seconds=30):
        """Waits for so many requests in all."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), len(self.received)
        return self.received[count - 1]

    def forget(self):
        with self.arrived:
            self.received.clear()

    def stop(self):
        self.listener.close()
