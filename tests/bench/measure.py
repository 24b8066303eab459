"""How one server is measured once: what it answers, what CPU it uses for it, how fast it is."""

from clients import LoadError, ask


def expect_answers(request, servers, text=None):
    """Before a case: each way works, and without the client's key none does."""
    for server in servers:
        status, body = ask(server, request)
        if status != 200 or (text is not None and text.encode() not in body):
            raise LoadError(f"{server.name} answers {status}: {body[:300]!r}")
        if server.usage and ask(Stranger(server), request)[0] != 401:
            raise LoadError(f"{server.name} lets a stranger in")


class Stranger:
    """Asks the same server with a key that is none."""

    def __init__(self, server):
        self.port, self.path = server.port, server.path

    def key(self, route):
        return "not-a-key"


def measured(server, action, count_of):
    """(what the action gave, microseconds of CPU for each of what `count_of` counts in it; None without a process)."""
    before = server.usage.cpu_us() if server.usage else 0
    result = action()
    if not server.usage:
        return result, None
    return result, (server.usage.cpu_us() - before) / max(1, count_of(result))


def rss_mib(server):
    return server.usage.rss_kib() / 1024 if server.usage else None


def warm_up(bench, servers, request, connections, body_bytes):
    """So that what is measured is not the making of connections; and each answer is looked at, which wrk does not."""
    for server in servers:
        bench.clients.load("requests", server, request, requests=20 * connections + 1000, connections=connections, expect_bytes=body_bytes)


def closed_loop(bench, server, request, connections, body_bytes):
    figures, cpu = measured(
        server,
        lambda: bench.clients.wrk(server, request, connections, bench.seconds, body_bytes),
        lambda result: result["requests"],
    )
    return {
        "cpu us/req": cpu,
        "req/s": figures["requests"] / figures["seconds"],
        "p50 us": figures["p50"],
        "p99 us": figures["p99"],
        "rss MiB": rss_mib(server),
    }
