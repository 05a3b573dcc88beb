"""A TCP relay on loopback that keeps the bytes a client sent, so that they can be compared with what arrived upstream."""

import socket
import threading


class Relay:
    def __init__(self, host, port):
        self.target = (host, port)
        self.streams = []
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
            upstream = socket.create_connection(self.target)
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

    def bodies(self):
        """The bodies of all requests sent, in the order of their connections. Only Content-Length framing occurs."""
        found = []
        for stream in self.streams:
            rest = bytes(stream)
            while b"\r\n\r\n" in rest:
                head, rest = rest.split(b"\r\n\r\n", 1)
                length = 0
                for line in head.split(b"\r\n")[1:]:
                    name, value = line.split(b":", 1)
                    assert name.strip().lower() != b"transfer-encoding", "a client that sends chunks needs a better relay"
                    if name.strip().lower() == b"content-length":
                        length = int(value)
                if length:
                    found.append(rest[:length])
                rest = rest[length:]
        return found

    def stop(self):
        self.listener.close()
