"""Connections on which nothing is tidied up: HTTP/1.1 by hand, and frames of HTTP/2."""

import json
import socket
import ssl

SONNET = "claude-sonnet-4-5"


def request(token, body, method="POST", path="/claude/v1/messages", more=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"{more}Content-Length: {len(body)}\r\n\r\n").encode() + body


def body(size=0, **more):
    fields = {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": ""}]} | more
    fields["messages"][0]["content"] = "x" * max(1, size - len(json.dumps(fields)))
    return json.dumps(fields).encode()


class Client:
    """A connection on which nothing is tidied up."""

    def __init__(self, gateway, seconds=60):
        self.socket = socket.create_connection(gateway.address, timeout=seconds)
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def answer(self):
        """Status, header and body of the next whole answer, or of what came of it before the connection ended."""
        while b"\r\n\r\n" not in self.pending:
            self._more()
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, value = line.split(b":", 1)
            fields[name.decode().lower()] = value.strip().decode()
        status, content = int(head.split()[1]), b""
        if fields.get("transfer-encoding") == "chunked":
            while True:
                while b"\r\n" not in self.pending:
                    self._more()
                size, self.pending = self.pending.split(b"\r\n", 1)
                while len(self.pending) < int(size, 16) + 2:
                    self._more()
                content += self.pending[:int(size, 16)]
                self.pending = self.pending[int(size, 16) + 2:]
                if int(size, 16) == 0:
                    return status, fields, content
        while len(self.pending) < int(fields["content-length"]):
            self._more()
        content, self.pending = self.pending[:int(fields["content-length"])], self.pending[int(fields["content-length"]):]
        return status, fields, content

    def until(self, text):
        """Reads until a text has come."""
        while text not in self.pending:
            self._more()
        return self.pending

    def _more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError(self.pending)
        self.pending += data

    def ended(self):
        try:
            while True:
                self._more()
        except (EOFError, ConnectionError):
            return self.pending

    def close(self, reset=False):
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name, value):
    """A field in HPACK, neither indexed nor compressed (RFC 7541 section 6.2.2)."""
    def text(data):
        data = data.encode()
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, prefix = len(data) - 127, b"\x7f"
        while rest >= 128:
            prefix += bytes([rest % 128 + 128])
            rest //= 128
        return prefix + bytes([rest]) + data
    return b"\x00" + text(name) + text(value)


def http2(demo):
    context = ssl.create_default_context(cafile=demo.ca)
    context.set_alpn_protocols(["h2"])
    host, port = demo.about["gateway"].removeprefix("https://").rsplit(":", 1)
    connection = context.wrap_socket(socket.create_connection((host, int(port)), timeout=60), server_hostname="localhost")
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
    return connection
