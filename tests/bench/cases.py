"""The cases in which Sluice, nginx and HAProxy are compared with each other and with no proxy at all."""

import subprocess
import time

from clients import LoadError, Request, chat_request
from machine import CHILD_SECONDS, program
from measure import closed_loop, expect_answers, measured, warm_up
from proxies import running_sluice, trusting
from rounds import Figures, in_turns
from upstream import GIB

MIB = 1 << 20


def closed_loop_case(bench, name, title, request, connections, text, rounds=None):
    figures = Figures(name, title)
    expect_answers(request, bench.servers, text)
    warm_up(bench, bench.servers, request, connections, len(text))
    in_turns(bench, figures, bench.variants(), lambda server: closed_loop(bench, server, request, connections, len(text)), rounds)
    return figures


WITH_TARGETS = (10, 64)


def small(connections):
    def run(bench):
        title = f"small POST (0.4 KB each way), {connections} connections, as much as goes"
        request = chat_request(bench.route("fixed"))
        rounds = None if connections in WITH_TARGETS else bench.few_rounds()
        return closed_loop_case(bench, f"small{connections}", title, request, connections, bench.upstream.small, rounds)

    return run


def body16k(bench):
    request = chat_request(bench.route("fixed"), "large", 16000)
    title = "POST of 16 KB, answer of 16 KB, 64 connections, as much as goes"
    return closed_loop_case(bench, "body16k", title, request, 64, bench.upstream.large, bench.few_rounds())


def tls(bench):
    """Sluice verifies, so do the others. A stack of its own, as it is to trust the upstream's certificate."""
    figures = Figures("tls", "small POST to an upstream with TLS, 64 connections, as much as goes")
    route, body = bench.route("fixed-tls"), len(bench.upstream.small)
    before = trusting(bench.folder, bench.upstream.certificate)
    if subprocess.run([*before, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        raise LoadError("no mount namespace may be made here, so Sluice cannot be made to trust the upstream")
    with running_sluice(bench.build, bench.folder, [route], "tls", before) as sluice:
        bench.pin(sluice)
        nginx, haproxy = bench.servers[1:3]
        servers = [("nginx", nginx), ("haproxy", haproxy), ("sluice", sluice)]
        request = chat_request(route)
        expect_answers(request, [nginx, haproxy, sluice], bench.upstream.small)
        for name, server in servers:
            cold = bench.clients.load("requests", server, request, requests=64, connections=64)
            figures.add(name, 0, {"cold: 64 requests at once, ms": cold["seconds"] * 1000})
        warm_up(bench, [nginx, haproxy, sluice], request, 64, body)
        in_turns(bench, figures, servers, lambda server: closed_loop(bench, server, request, 64, body), bench.few_rounds())
    return figures


RATE = 3000


def rate(bench):
    figures = Figures("rate", f"small POST at {RATE} requests a second, 10 connections; times from when each was due")
    request = chat_request(bench.route("fixed"))
    expect_answers(request, bench.servers, bench.upstream.small)

    def measure(server):
        counts = {"requests": RATE * (bench.seconds + 2), "warm_up": RATE // 2, "expect_bytes": len(bench.upstream.small)}
        result, cpu = measured(
            server,
            lambda: bench.clients.load("requests", server, request, rate=RATE, connections=10, **counts),
            lambda result: counts["requests"],
        )
        times = result["latency_us"]
        return {"p50 us": times["p50"], "p90 us": times["p90"], "p99 us": times["p99"], "p99.9 us": times["p99_9"], "cpu us/req": cpu}

    in_turns(bench, figures, bench.variants(), measure)
    return figures


def transfer_figures(bench, server, request, upload, **options):
    if server.usage:
        server.usage.forget_peak()
    result, cpu = measured(
        server,
        lambda: bench.clients.load("requests", server, request, requests=1, connections=1, upload=upload, **options),
        lambda result: bench.blob_bytes / GIB * 1e6,
    )
    peak = server.usage.peak_kib() / 1024 if server.usage else None
    return {"cpu s/GiB": cpu, "MiB/s": bench.blob_bytes / MIB / result["seconds"], "peak rss MiB": peak}


def download(bench):
    figures = Figures("download", f"one answer of {bench.blob_bytes // MIB} MiB")
    request = Request(bench.route("fixed"), "blob", method="GET")
    in_turns(bench, figures, bench.variants(), lambda server: transfer_figures(bench, server, request, 0, expect_bytes=bench.blob_bytes))
    return figures


def upload(bench):
    figures = Figures("upload", f"one request of {bench.blob_bytes // MIB} MiB, to the emulator, which digests it")
    request = Request(bench.route("sink"), "anything", length=bench.blob_bytes)
    in_turns(bench, figures, bench.variants(), lambda server: transfer_figures(bench, server, request, bench.blob_bytes))
    return figures


def syscalls(bench):
    """strace makes everything slower, so no times are taken here."""
    count = 2000 * bench.seconds
    figures = Figures("syscalls", f"system calls for each of {count} small POSTs, 64 connections")
    request = chat_request(bench.route("fixed"))
    for server in [server for server in bench.servers if server.usage]:
        try:
            figures.add(server.name, 0, traced(bench, server, request, count))
        except LoadError as error:
            figures.add_invalid(server.name, 0, error)
    return figures


def traced(bench, server, request, count):
    output = bench.folder / "strace.txt"
    words = [program("strace"), "-f", "-c", "-U", "calls,name", "-o", output]
    for pid in server.usage.pids:
        words += ["-p", str(pid)]
    tracer = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_until_traced(tracer, server.usage.pids)
        bench.clients.load("requests", server, request, requests=count, connections=64)
    finally:
        tracer.terminate()
        tracer.wait(CHILD_SECONDS)
        tracer.stderr.close()
    calls = {}
    for line in output.read_text().splitlines():
        words = line.split()
        if len(words) == 2 and words[0].isdigit():
            calls[words[1]] = int(words[0]) / count
    total = calls.pop("total", sum(calls.values()))
    shown = {name: value for name, value in sorted(calls.items(), key=lambda call: -call[1]) if value >= 0.01}
    return {"all": total, **shown}


def wait_until_traced(tracer, pids):
    deadline = time.monotonic() + CHILD_SECONDS
    while any("TracerPid:\t0\n" in open(f"/proc/{pid}/status").read() for pid in pids):
        if tracer.poll() is not None or time.monotonic() > deadline:
            raise LoadError(f"strace cannot attach: {tracer.stderr.read() if tracer.poll() is not None else 'no answer'}")
        time.sleep(0.05)
    time.sleep(0.2)  # the other threads
