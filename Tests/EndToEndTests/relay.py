"""A relay on loopback, or on a socket file, that keeps the bytes a client sent, so that they can be compared with what arrived
upstream."""

import socket
import threading


class Relay:
    def __init__(self, host=None, port=None, file=None, target=None):
        """Listens on a port and leads to `host` and `port`, or on the socket file `file` and leads to that at `target`."""
        self.target = target or (host, port)
        self.streams = []
        if file:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(file)
            self.listener.listen()
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if isinstance(self.target, tuple):
                upstream = socket.create_connection(self.target)
            else:
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(self.target)
            sent = bytearray()
            self.streams.append(sent)
            threading.Thread(target=self._pump, args=(client, upstream, sent), daemon=True).start()
            threading.Thread(target=self._pump, args=(upstream, client, None), daemon=True).start()

    @staticmethod
    def _pump(source, sink, keep):
        try:
            while data := source.recv(65536):
                if keep is not None:
                    keep.extend(data)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def requests(self):
        """Method, target, fields and body of all requests sent, in the order of their connections. Only Content-Length framing
        occurs."""
        found = []
        for stream in self.streams:
            rest = bytes(stream)
            while b"\r\n\r\n" in rest:
                head, rest = rest.split(b"\r\n\r\n", 1)
                lines = head.decode("latin-1").split("\r\n")
                fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
                values = {name.lower(): value for name, value in fields}
                assert "transfer-encoding" not in values, "a client that sends chunks needs a better relay"
                length = int(values.get("content-length", "0"))
                method, target, _ = lines[0].split(" ", 2)
                found.append((method, target, fields, rest[:length]))
                rest = rest[length:]
        return found

    def bodies(self):
        """The bodies of all requests sent."""
        return [body for _, _, _, body in self.requests() if body]

    def stop(self):
        self.listener.close()
