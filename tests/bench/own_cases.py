"""The cases in which Sluice is compared with itself: many keys, many providers, changes all the time, no control plane."""

import contextlib
import json
import subprocess
import threading
import time

from clients import chat_request
from declared_keys import declare_keys
from machine import end_pid
from measure import closed_loop, expect_answers, measured, warm_up
from proxies import running_sluice
from rounds import Figures, in_turns

RATE = 3000


@contextlib.contextmanager
def more_stacks(bench, *names):
    """Stacks that nothing was asked of yet, with the same upstream and on the same core as the one of the other cases."""
    with contextlib.ExitStack() as stack:
        servers = []
        for name in names:
            server = stack.enter_context(running_sluice(bench.build, bench.folder, [bench.route("fixed")], name))
            bench.pin(server)
            servers.append(server)
        yield servers


def compare(bench, figures, variants, rounds=None):
    """A small POST on each."""
    request, text = chat_request(bench.route("fixed")), bench.upstream.small
    servers = [server for _, server in variants]
    expect_answers(request, servers, text)
    warm_up(bench, servers, request, 10, len(text))
    in_turns(bench, figures, variants, lambda server: closed_loop(bench, server, request, 10, len(text)), rounds)
    return figures


def keys(bench):
    few, many = (1000, 10000) if bench.quick else (10000, 100000)
    figures = Figures("keys", "small POST, 10 connections, on stacks with few and many client keys")
    with more_stacks(bench, "one-key", "some-keys", "many-keys") as (one, some, most):
        before = most.usage.rss_kib()
        for server, count in ((some, few), (most, many)):
            declare_keys(server.env, server.build, count, stderr=subprocess.DEVNULL)
        figures.notes.append(f"the data plane grew by {(most.usage.rss_kib() - before) * 1024 / many:.0f} bytes a key")
        return compare(bench, figures, [("1 key", one), (f"{few} keys", some), (f"{many} keys", most)])


def providers(bench):
    count = 100
    figures = Figures("providers", "small POST, 10 connections, on stacks with few and many providers")
    with more_stacks(bench, "few-providers", "many-providers") as (few, many):
        secret = bench.folder / "provider.key"
        secret.write_text("sk-bench")
        names = [f"bench-{i}" for i in range(count)]
        declared = {
            "providers": [{"name": name, "preset": "openai", "base_url": bench.route("fixed").origin() + "/v1"} for name in names],
            "provider_keys": [{"provider": name, "name": "main", "from_file": str(secret)} for name in names],
        }
        many.ctl("apply", "-f", "-", "--wait", input=json.dumps(declared).encode())
        return compare(bench, figures, [("2 providers", few), (f"{count} providers", many)], bench.few_rounds())


def no_control_plane(bench):
    figures = Figures("no-control-plane", "small POST, 10 connections, with the control plane and without")
    with more_stacks(bench, "led", "alone") as (led, alone):
        end_pid(alone.controlplane_pid)
        return compare(bench, figures, [("with control plane", led), ("without", alone)], bench.few_rounds())


class Pushes:
    """Changes a label of a provider again and again, one change each `seconds`, while this lasts."""

    def __init__(self, server, seconds):
        self.server, self.seconds = server, seconds
        self.made = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        due = time.monotonic()
        while not self.ending.wait(max(0, due - time.monotonic())):
            self.server.ctl("provider", "update", "demo", "--label", f"push={self.made}")
            self.made += 1
            due += self.seconds

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


def push(bench):
    """Against pushes to another stack: sluicectl and the control plane have the clients' core, and their cost there is in both."""
    title = f"small POST at {RATE} requests a second, 10 connections, with a change of the configuration every 100 ms"
    figures = Figures("push", title)
    request = chat_request(bench.route("fixed"))
    counts = {"rate": RATE, "connections": 10, "requests": RATE * (bench.seconds + 3), "warm_up": RATE // 2}
    with more_stacks(bench, "pushed-here", "pushed-elsewhere") as (here, elsewhere):
        if bench.cores.pinned():
            bench.cores.pin(elsewhere.pid, bench.cores.others)

        def measure(pushed):
            load = lambda: bench.clients.load("requests", here, request, **counts)  # noqa: E731
            with Pushes(pushed, 0.1) if pushed else contextlib.nullcontext() as pushes:
                result, cpu = measured(here, load, lambda result: counts["requests"])
            times = result["latency_us"]
            pushed_a_second = pushes.made / (counts["requests"] / RATE) if pushes else 0
            return {"p50 us": times["p50"], "p99 us": times["p99"], "cpu us/req": cpu, "pushes/s": pushed_a_second}

        variants = [("no pushes", None), ("pushes elsewhere", elsewhere), ("pushed", here)]
        in_turns(bench, figures, variants, measure, bench.few_rounds())
    return figures
