"""Serves a folder of git repositories over TLS through `git http-backend`, well or badly.

    git_https.py CERTIFICATE KEY FOLDER [tls13]

Prints its port. How it behaves is read from FOLDER/behaviour at each request, a word and what belongs to it, one a line; or
from FOLDER/NAME where the path begins with /~NAME/. Each request is noted in FOLDER/requests: method, path, `Authorization`.
"""

import os
import pathlib
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

certificate, key, folder = sys.argv[1:4]
folder = pathlib.Path(folder)
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def behaviour(self):
        name = "behaviour"
        if self.path.startswith("/~"):
            name, _, rest = self.path[2:].partition("/")
            self.path = "/" + rest
        words = (folder / name).read_text().split("\n")
        return words[0], words[1] if len(words) > 1 else ""

    def body(self):
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def backend(self, body):
        path, _, query = self.path.partition("?")
        run = subprocess.run(
            ["git", "http-backend"], input=body, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder), "PATH_INFO": path, "QUERY_STRING": query,
                "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("content-type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
                "CONTENT_LENGTH": str(len(body)),
            })
        head, _, out = run.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        return status, [(name, value) for name, value in headers if name != "Status"], out

    def start_endless(self, headers, first):
        """A body whose length is not said: it ends with the connection, or never."""
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(first)
        self.wfile.flush()
        self.close_connection = True

    def handle_request(self):
        body = self.body() if self.command == "POST" else b""
        asked = self.path
        word, more = self.behaviour()
        with lock, open(folder / "requests", "a") as log:
            log.write(f"{self.command} {asked} {self.headers.get('authorization', '-')}\n")
        is_pack = self.command == "POST"
        authorization = self.headers.get("authorization")
        if (
            word == "login" or (word == "token" and authorization != f"Basic {more}")
            or (word == "redirect-pack" and not authorization)
        ):
            return self.answer(401, [("www-authenticate", 'Basic realm="git"')])
        if word == "redirect" or (word == "redirect-pack" and is_pack):
            return self.answer(307 if is_pack else 302, [("location", more + self.path)])
        if word == "silent":
            return time.sleep(3600)
        status, headers, out = self.backend(body)
        if not is_pack or word in ("honest", "token"):
            return self.answer(status, headers, out)
        if word == "silent-pack":
            self.start_endless(headers, out[: len(out) // 2])
            time.sleep(3600)
        elif word == "trickle":
            self.start_endless(headers, b"")
            for byte in out:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.2)
        elif word == "truncated":
            self.start_endless(headers, out[: len(out) // 2])
        elif word == "flipped":
            middle = len(out) * 3 // 4
            self.answer(status, headers, out[:middle] + bytes([out[middle] ^ 1]) + out[middle + 1:])
        elif word == "endless":
            self.start_endless(headers, out.removesuffix(b"0000"))
            packet = b"fff0\x01" + b"\0" * (0xFFF0 - 5)
            while True:
                self.wfile.write(packet)

    do_GET = do_POST = lambda self: self.handle_request()

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, address):
        # The handshake belongs to the connection's own thread.
        try:
            request = context.wrap_socket(request, server_side=True)
            super().finish_request(request, address)
        except OSError:
            pass

    def handle_error(self, request, address):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
if "tls13" in sys.argv:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
# Ends with the process that started it, whose end of the pipe is closed then.
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
