"""The cases with event streams: what an event costs, how late it comes, and what streams cost that are open and silent."""

import time

from clients import LoadError, chat_request
from measure import closed_loop, expect_answers, measured
from proxies import running_sluice
from rounds import Figures, in_turns
from upstream import EVENTS


def stream_figures(bench, server, request, **options):
    result, cpu = measured(
        server, lambda: bench.clients.load("streams", server, request, **options), lambda result: result["events"]
    )
    return {
        "cpu us/event": cpu,
        "first p50 us": result["first_event_us"]["p50"],
        "first p99 us": result["first_event_us"]["p99"],
        "gap p50 us": result["gap_us"]["p50"],
        "gap p99 us": result["gap_us"]["p99"],
        "events/s": result["events"] / result["seconds"],
    }


def sse34(bench):
    figures = Figures("sse34", f"streams of {EVENTS} events without pause, 16 at a time")
    request = chat_request(bench.route("fixed"), "events", stream=True)
    expect_answers(request, bench.servers, "[DONE]")
    counts = {"streams": 3000 * bench.seconds, "at_once": 16, "events": EVENTS}

    def measure(server):
        wanted = ("cpu us/event", "events/s", "first p50 us", "first p99 us")
        got = stream_figures(bench, server, request, **counts)
        return {name: got[name] for name in wanted}

    in_turns(bench, figures, bench.variants(), measure)
    return figures



def paced(name, streams, at_once, events, pace_ms, note):
    """Of the emulator, so that each event is a piece of its own on the wire."""

    def run(bench):
        count = streams // 5 if bench.quick else streams
        most = min(at_once, count, (bench.files - 1000) // 2)
        title = f"{count} streams, {most} at a time, {events} events {pace_ms} ms apart: {note}"
        figures = Figures(name, title)
        path = f"chat/completions?emu.events={events}&emu.pace_ms={pace_ms}"
        request = chat_request(bench.route("demo"), path, stream=True)
        expect_answers(request, bench.servers, "[DONE]")
        # With the first, the usage and the last event of the emulator's own.
        direct = bench.clients.load("streams", bench.servers[0], request, streams=1, at_once=1)
        spread = {"spread": events * pace_ms if most < count else pace_ms}
        counts = {"streams": count, "at_once": most, "events": direct["events"]}
        measure = lambda server: stream_figures(bench, server, request, **counts, **spread)  # noqa: E731
        in_turns(bench, figures, bench.variants(), measure, bench.few_rounds())
        return figures

    return run


sse_paced = paced("sse-paced", 500, 32, 64, 5, "what a token costs, and how late it is")
sse_many = paced("sse-many", 1000, 1000, 16, 200, "all of them open at once")


IDLE = (("sluice", (1000, 4000, 8000)), ("nginx", (4000,)))


def idle(bench):
    """Streams that have brought one event and then nothing, and small requests to another provider beside them.

    On processes of its own, as allocators keep what streams have had.
    """
    figures = Figures("idle", "small POST, 10 connections, beside open streams that are silent")
    silent = chat_request(bench.route("demo"), "chat/completions?emu.stall_after=1", stream=True)
    small = chat_request(bench.route("fixed"))
    with running_sluice(bench.build, bench.folder, [bench.route("fixed")], "idle") as sluice, bench.another_nginx("idle") as nginx:
        servers, first_rss = {"sluice": sluice, "nginx": nginx}, {}
        for server in servers.values():
            bench.pin(server)
        for turn in range(bench.few_rounds()):
            for name, counts in IDLE:
                for count in counts:
                    if bench.out_of_time(figures):
                        return figures
                    count = min(count, (bench.files - 1000) // 2)
                    beside_streams(bench, figures, turn, (name, servers[name]), (silent, small), count, first_rss)
    return figures


def beside_streams(bench, figures, turn, named, requests, count, first_rss):
    """`first_rss`: of each server before its first stream."""
    (name, server), (silent, small) = named, requests
    body = len(bench.upstream.small)
    variant = f"{name} {count}"
    try:
        alone = closed_loop(bench, server, small, 10, body)["cpu us/req"]
        files, rss = server.usage.files(), first_rss.setdefault(name, server.usage.rss_kib())
        with bench.clients.held_streams(server, silent, count):
            grown = (server.usage.rss_kib() - rss) / count
            beside = closed_loop(bench, server, small, 10, body)["cpu us/req"]
        # Connections to the other provider that were made meanwhile are kept.
        wait_until_closed(server, files + count // 4)
    except LoadError as error:
        figures.add_invalid(variant, turn, error)
        return
    # In the first round each count is more than all before it; later ones find what was kept.
    memory = {"KiB/stream": grown} if turn == 0 else {}
    figures.add(variant, turn, {"cpu us/req": beside, "alone cpu us/req": alone, "to beside none": beside / alone, **memory})
    bench.after_measurement()


def wait_until_closed(server, most):
    deadline = time.monotonic() + 30
    while server.usage.files() > most:
        if time.monotonic() > deadline:
            raise LoadError(f"there are still {server.usage.files()} files open, 30 s after the streams were left")
        time.sleep(0.05)
