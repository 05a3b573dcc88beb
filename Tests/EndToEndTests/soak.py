"""Load and faults for as long as one likes: `scripts/soak`.

Asks for what is allowed and for what is not, streams, breaks off, sends halves and nonsense, while the grants repository changes
every second. At the end: no wrong verdict, no lost record, and memory as it was after the first sixth of the time.
"""

import argparse
import http.client
import json
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

from conftest import Demo

SONNET, OPUS = "claude-sonnet-4-5", "claude-opus-4-5"


class Soak:
    def __init__(self, demo, workers, seconds):
        self.demo, self.workers = demo, workers
        self.gateway = urllib.parse.urlsplit(demo.about["plain"])
        self.tokens = (0.0, None)
        self.lock = threading.Lock()
        self.counts, self.wrong, self.acknowledged = {}, [], set()
        self.end = time.monotonic() + seconds

    def token(self):
        with self.lock:
            made, token = self.tokens
            if time.monotonic() - made > 60:
                self.tokens = (time.monotonic(), self.demo.token("triage-bot"))
            return self.tokens[1]

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def head(self, body):
        return (f"POST /claude/v1/messages HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {self.token()}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()

    def ask(self, connection, model, **more):
        body = json.dumps({"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]} | more)
        connection.request("POST", "/claude/v1/messages", body, {
            "authorization": f"Bearer {self.token()}", "content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        expected = 403 if model == OPUS or "later" in more else 200
        if answer.status != expected:
            with self.lock:
                self.wrong.append((model, answer.status, text[:300]))
        with self.lock:
            self.acknowledged.add(answer.headers["x-grantctl-request"])
        self.count(answer.status)

    def break_off(self, rest):
        """A connection that ends in the middle of something, or says nothing that anybody understands."""
        body = json.dumps({"model": SONNET, "max_tokens": 50, "stream": True,
                           "messages": [{"role": "user", "content": "!slow 20"}]}).encode()
        request = self.head(body) + body
        with socket.create_connection((self.gateway.hostname, self.gateway.port), timeout=30) as client:
            kind = rest.randrange(4)
            if kind == 0:
                client.sendall(request[:rest.randrange(len(request))])
            elif kind == 1:
                client.sendall(request)
                client.recv(rest.randrange(1, 2000))
            elif kind == 2:
                client.sendall(bytes(rest.randrange(256) for _ in range(200)) + b"\r\n\r\n")
                client.recv(1000)
            else:
                client.sendall(b"POST /claude/v1/messages HTTP/1.1\r\n" + b"X-A: b\r\n" * 500 + b"\r\n")
                client.recv(1000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.count("broken off")

    def work(self, seed):
        rest = random.Random(seed)
        connection = None
        while time.monotonic() < self.end:
            try:
                connection = connection or http.client.HTTPConnection(self.gateway.netloc, timeout=60)
                choice = rest.random()
                if choice < 0.7:
                    self.ask(connection, SONNET, stream=rest.random() < 0.3)
                elif choice < 0.85:
                    self.ask(connection, OPUS)
                elif choice < 0.95:
                    self.ask(connection, SONNET, later=1)
                else:
                    self.break_off(rest)
            except (OSError, http.client.HTTPException) as error:
                self.count(type(error).__name__)
                connection = None

    def change(self):
        """A commit a second, so that tables are swapped under load."""
        folder = tempfile.mkdtemp(prefix="grantctl-soak-git-")
        git = ["git", "-C", folder, "-c", "user.name=soak", "-c", "user.email=soak@example.invalid"]
        subprocess.run(["git", "clone", "-q", self.demo.about["repository"], folder], check=True)
        denial = pathlib.Path(folder) / "denied/soak.yaml"
        denial.parent.mkdir(exist_ok=True)
        number = 0
        while time.monotonic() < self.end:
            number += 1
            denial.write_text(f"grants: [claude/nobody-{number}]\nwhy: soak\n")
            subprocess.run(git + ["add", "-A"], check=True)
            subprocess.run(git + ["commit", "-qm", f"soak {number}"], check=True)
            subprocess.run(git + ["push", "-q"], check=True)
            self.count("commits")
            time.sleep(1)
        shutil.rmtree(folder, ignore_errors=True)

    def memory(self):
        """Resident, in KiB."""
        for line in pathlib.Path(f"/proc/{self.demo.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])

    def run(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", flush=True)
        threads = [threading.Thread(target=self.work, args=(seed + i,)) for i in range(self.workers)]
        threads.append(threading.Thread(target=self.change))
        for thread in threads:
            thread.start()
        started, samples = time.monotonic(), []
        while any(thread.is_alive() for thread in threads):
            time.sleep(min(10, max(1, (self.end - started) / 60)))
            samples.append((time.monotonic() - started, self.memory()))
            print(f"{samples[-1][0]:6.0f} s  {samples[-1][1] / 1024:7.1f} MiB  {self.counts}", flush=True)
        return self.verdict(samples, self.end - started)

    def verdict(self, samples, seconds):
        faults = [f"wrong verdict: {each}" for each in self.wrong[:10]]
        sixth = [m for t, m in samples if seconds / 6 <= t <= seconds / 3] or [samples[0][1]]
        last = [m for t, m in samples if t >= seconds * 5 / 6] or [samples[-1][1]]
        before, after = max(sixth), sorted(last)[len(last) // 2]
        if after > before * 1.05:
            faults.append(f"memory grew from {before} to {after} KiB")
        if self.demo.process.poll() is not None:
            return faults + ["the gateway ended"]
        time.sleep(2)
        recorded = set()
        output = subprocess.run(
            [self.demo.process.args[0], "decisions", "--state", self.demo.about["state"], "--limit", "10000000", "--json"],
            check=True, capture_output=True, text=True).stdout
        for line in output.splitlines():
            recorded.add(json.loads(line)["id"])
        lost = self.acknowledged - recorded
        if lost:
            faults.append(f"{len(lost)} of {len(self.acknowledged)} answered requests are not on record")
        return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--workers", type=int, default=16)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="grantctl-soak-")
    demo = Demo(folder)
    try:
        faults = Soak(demo, arguments.workers, arguments.minutes * 60).run()
    finally:
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(fault)
    print("failed" if faults else "passed")
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
