"""Load and faults for as long as one likes: `scripts/soak`.

A gateway of its own under two thirds of the load that it bears (wrk), while a commit a second swaps its table, clients break
off, send halves and nonsense, upstreams reset and fall silent, and the remote goes away now and then. Clients that know what
they must get ask all the while. At the end: no wrong verdict, no lost record, and memory in the last five minutes within 5 % of
the fifth minute's.
"""

import argparse
import http.client
import json
import pathlib
import random
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time

from conftest import GRANTCTL, Demo
from gateway import Gateway, documents
from upstream import Upstream, message

SONNET, OPUS = "claude-sonnet-4-5", "claude-opus-4-5"
LOADER, ASKER, FLIPPER = "triage-bot", "researcher", "engineer"
CAN = "{models: ['claude-sonnet-*'], tools: [Read]}"
WRK = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer %s"
done = function(summary)
    io.write(string.format("\\nSOAK %%d %%d %%d\\n", summary.requests, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


def grant(sub):
    return f"to: [{{issuer: corp, sub: {sub}}}]\ncan: {CAN}\nwhy: soak\nby: maria\n"


class Soak:
    def __init__(self, demo, folder, workers, seconds):
        self.demo, self.workers, self.seconds = demo, workers, seconds
        self.faulty = Upstream(self.break_answer)
        files = documents(demo, demo.about["upstream"], CAN)
        files["services/faulty.yaml"] = files["services/claude.yaml"].replace("/claude", "/faulty").replace(
            demo.about["upstream"], self.faulty.url)
        for service in ("claude", "faulty"):
            for sub in (LOADER, ASKER):
                files[f"grants/{service}/{sub}.yaml"] = grant(sub)
        del files["grants/claude/own.yaml"]
        self.gateway = Gateway(GRANTCTL, demo, folder, files)
        self.gateway.start()
        self.folder = pathlib.Path(folder)
        self.made = {}
        self.lock = threading.Lock()
        self.counts, self.wrong, self.acknowledged, self.loaded = {}, [], set(), 0
        self.rest = random.Random()
        self.end = time.monotonic() + seconds

    def token(self, caller):
        """A few minutes old at most."""
        with self.lock:
            made, token = self.made.get(caller, (0, None))
            if not token or time.monotonic() - made > 120:
                token = self.demo.token(caller)
                self.made[caller] = (time.monotonic(), token)
            return token

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def mistake(self, *what):
        with self.lock:
            self.wrong.append(what)

    # Load

    def wrk(self, connections, seconds):
        """Requests answered and a second, those that were not 200, and those without an answer."""
        body = json.dumps({"model": SONNET, "max_tokens": 50, "messages": [{"role": "user", "content": "hello " * 150}]})
        script = self.folder / "load.lua"
        script.write_text(WRK % (body, self.token(LOADER)))
        output = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s", script,
             f"{self.gateway.url}/v1/messages"], capture_output=True, text=True).stdout
        requests, status, errors = map(int, re.search(r"SOAK (\d+) (\d+) (\d+)", output).groups())
        return requests, requests / max(1, round(seconds)), status, errors

    def calibrate(self):
        """How many connections make two thirds of the most there is."""
        rates = {connections: self.wrk(connections, 3) for connections in (1, 2, 4, 8, 16, 32)}
        self.loaded += sum(requests for requests, _, _, _ in rates.values())
        most = max(rate for _, rate, _, _ in rates.values())
        chosen = min(c for c, (_, rate, _, _) in rates.items() if rate >= most * 2 / 3)
        print(f"capacity {most:.0f} requests/s; {chosen} connections make {rates[chosen][1]:.0f}", flush=True)
        return chosen

    def load(self, connections):
        while (left := self.end - time.monotonic()) > 0:
            requests, _, status, errors = self.wrk(connections, min(30, max(1, left)))
            with self.lock:
                self.loaded += requests
                self.counts["loaded"] = self.loaded
            if status or errors:
                self.mistake("under load", f"{status} answers were not 200, {errors} requests had none")

    # Clients that know what they must get

    def ask(self, connection, rest):
        """Returns what is wrong."""
        choice = rest.random()
        more, expected, caller, says = {}, 200, ASKER, b""
        model = SONNET
        if choice < 0.15:
            model, expected = OPUS, 403
        elif choice < 0.25:
            more, expected = {"later": 1}, 403
        elif choice < 0.4:
            more, says = {"messages": [{"role": "user", "content": '!tool Bash {"command": "id"}'}]}, b"grantctl stopped this answer"
        elif choice < 0.5:
            more, says = {"messages": [{"role": "user", "content": '!tool Read {"file_path": "/x"}'}]}, b'"tool_use"'
        more["stream"] = rest.random() < 0.4
        body = json.dumps({"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]} | more)
        connection.request("POST", "/claude/v1/messages", body, {
            "authorization": f"Bearer {self.token(caller)}", "content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != expected or says not in text or (says.startswith(b"grantctl") and b'"tool_use"' in text):
            self.mistake(body, answer.status, text[:500])
        with self.lock:
            self.acknowledged.add(answer.headers["x-grantctl-request"])
        self.count(answer.status)

    def break_off(self, rest):
        """A connection that ends in the middle of something, or says nothing that anybody understands."""
        body = json.dumps({"model": SONNET, "max_tokens": 50, "stream": True,
                           "messages": [{"role": "user", "content": "!slow 20"}]}).encode()
        request = (f"POST /claude/v1/messages HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {self.token(ASKER)}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        with socket.create_connection(self.gateway.address, timeout=30) as client:
            kind = rest.randrange(5)
            if kind == 0:
                client.sendall(request[:rest.randrange(len(request))])
            elif kind == 1:
                client.sendall(request)
                client.recv(rest.randrange(1, 2000))
            elif kind == 2:
                client.sendall(bytes(rest.randrange(256) for _ in range(200)) + b"\r\n\r\n")
                client.recv(1000)
            elif kind == 3:
                client.sendall(b"POST /claude/v1/messages HTTP/1.1\r\n" + b"X-A: b\r\n" * 500 + b"\r\n")
                client.recv(1000)
            else:
                client.sendall(request.replace(f"Content-Length: {len(body)}".encode(), b"Content-Length: 9000000"))
                client.sendall(b" " * rest.randrange(1 << 20))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.count("broken off")

    def break_answer(self, request, answer):
        """What the faulty upstream does."""
        kind = self.rest.randrange(7)
        if kind == 0:
            answer.reset()
        elif kind == 1:
            answer.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
            answer.reset()
        elif kind == 2:
            answer.send(b"nonsense\r\n\r\n")
            answer.reset()
        elif kind == 3:
            answer.begin()
            answer.event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 5000})
            answer.reset()
        elif kind == 4:
            answer.closed(self.rest.random())
            answer.json(message())
        elif kind == 5:
            answer.json({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, 529)
        else:
            answer.json(message())

    def ask_faulty(self, rest):
        connection = http.client.HTTPConnection(*self.gateway.address, timeout=60)
        body = json.dumps({"model": SONNET, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]})
        try:
            connection.request("POST", "/faulty/v1/messages", body, {
                "authorization": f"Bearer {self.token(ASKER)}", "content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status not in (200, 502, 529):
                self.mistake("faulty upstream", answer.status, text[:300])
            self.count(f"faulty {answer.status}")
        except (http.client.IncompleteRead, ConnectionError):
            self.count("faulty, cut")
        finally:
            connection.close()

    def work(self, seed):
        rest = random.Random(seed)
        connection = None
        while time.monotonic() < self.end:
            try:
                connection = connection or http.client.HTTPConnection(*self.gateway.address, timeout=60)
                choice = rest.random()
                if choice < 0.85:
                    self.ask(connection, rest)
                elif choice < 0.95:
                    self.ask_faulty(rest)
                else:
                    self.break_off(rest)
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, http.client.HTTPException):
                    self.mistake(type(error).__name__, str(error)[:200])
                self.count(type(error).__name__)
                connection = None
            # The load is wrk's; these look whether what comes is right.
            time.sleep(0.01)

    # Changes

    def change(self):
        """A commit a second; a grant comes and goes with it, and what it gives as soon as it is live."""
        number, away = 0, self.gateway.remote.with_suffix(".away")
        while time.monotonic() < self.end:
            began = time.monotonic()
            number += 1
            has = number % 2 == 1
            commit = self.gateway.commit({
                "denied/soak.yaml": f"grants: [claude/nobody-{number}]\nwhy: soak\n",
                "grants/claude/flip.yaml": grant(FLIPPER) if has else None})
            try:
                self.gateway.admin_post("/reconcile")
                self.gateway.wait_for(lambda: self.gateway.status()["live"]["commit"] == commit, 30)
                status, headers, text = self.gateway.ask(self.token(FLIPPER), model=SONNET)
                if status != (200 if has else 403):
                    self.mistake(f"commit {number}", has, status, text[:300])
                with self.lock:
                    self.acknowledged.add(headers["x-grantctl-request"])
            except (OSError, AssertionError) as error:
                self.mistake(f"commit {number}", repr(error)[:300])
            self.count("commits")
            if number % 60 == 30:
                # The remote is away for a while; what was accepted goes on.
                self.gateway.remote.rename(away)
                time.sleep(3)
                away.rename(self.gateway.remote)
            time.sleep(max(0, 1 - (time.monotonic() - began)))

    def run(self):
        seed = random.randrange(1 << 32)
        self.rest.seed(seed)
        print(f"seed {seed}", flush=True)
        connections = self.calibrate()
        self.end = time.monotonic() + self.seconds
        threads = [threading.Thread(target=self.work, args=(seed + i,)) for i in range(self.workers)]
        threads += [threading.Thread(target=self.change), threading.Thread(target=self.load, args=(connections,))]
        for thread in threads:
            thread.start()
        started, samples = time.monotonic(), []
        while any(thread.is_alive() for thread in threads) and self.gateway.process.poll() is None:
            time.sleep(min(5, max(1, self.seconds / 60)))
            if self.gateway.process.poll() is None:
                samples.append((time.monotonic() - started, self.gateway.memory))
                print(f"{samples[-1][0]:6.0f} s  {samples[-1][1]:7.1f} MiB  {self.counts}", flush=True)
        for thread in threads:
            thread.join(60)
        return self.verdict([s for s in samples if s[0] <= self.seconds])

    def verdict(self, samples):
        faults = [f"wrong: {each}" for each in self.wrong[:10]]
        if self.gateway.process.poll() is not None:
            return faults + ["the gateway ended"]
        # The fifth minute, and the last five; of less than ten minutes, parts of the same size.
        warm = 300 if self.seconds >= 600 else self.seconds / 6
        before = statistics.median([m for t, m in samples if warm * 0.8 <= t <= warm] or [samples[0][1]])
        after = statistics.median([m for t, m in samples if t >= self.seconds - warm] or [samples[-1][1]])
        print(f"memory {before:.1f} MiB, then {after:.1f} MiB")
        if after > before * 1.05:
            faults.append(f"memory grew from {before:.1f} to {after:.1f} MiB")
        self.gateway.process.terminate()
        self.gateway.process.wait(60)
        database = sqlite3.connect(f"file:{self.gateway.state}/records.sqlite?mode=ro", uri=True)
        recorded = {request for (request,) in database.execute(
            "SELECT request FROM decisions WHERE subject IN (?, ?)", (ASKER, FLIPPER))}
        lost = self.acknowledged - recorded
        if lost:
            faults.append(f"{len(lost)} of {len(self.acknowledged)} answered requests are not on record")
        [(on_record,)] = database.execute(
            "SELECT count(*) FROM decision JOIN caller ON caller.id = decision.caller WHERE subject = ?", (LOADER,)).fetchall()
        if on_record < self.loaded:
            faults.append(f"of {self.loaded} answered requests of the load {on_record} are on record")
        print(f"{self.loaded} requests of load and {len(self.acknowledged)} others were answered; on record: {on_record} and "
              f"{len(self.acknowledged & recorded)}")
        return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--workers", type=int, default=8)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="grantctl-soak-")
    for part in ("demo", "gateway"):
        (pathlib.Path(folder) / part).mkdir()
    demo, soak = Demo(folder + "/demo"), None
    try:
        soak = Soak(demo, folder + "/gateway", arguments.workers, arguments.minutes * 60)
        faults = soak.run()
    finally:
        if soak:
            soak.gateway.stop()
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print(fault)
    print("failed" if faults else "passed")
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
