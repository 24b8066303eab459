"""Who asks: wrk for as much as goes, and sluice-load for a fixed rate, for streams, and for what has to be counted exactly.

A LoadError says that answers were not what they have to be; the figures of that round are worth nothing then.
"""

import contextlib
import dataclasses
import json
import pathlib
import re
import socket
import subprocess

from machine import CHILD_SECONDS, end, program
from upstream import Route

MOST_HEAD = 1024  # bytes of an answer's head


class LoadError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Request:
    """As a client sends it, whichever way. `length`: of a body that the client makes up."""

    route: Route
    path: str
    body: bytes = b""
    method: str = "POST"
    length: int = 0

    def fields(self, server):
        return {"Host": "bench", "Authorization": f"Bearer {server.key(self.route)}", "Content-Type": "application/json"}

    def text(self, server):
        head = f"{self.method} {server.path(self.route, self.path)} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.fields(server).items())
        if self.method != "GET":
            head += f"Content-Length: {self.length or len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


def chat_request(route, path="chat/completions", characters=300, stream=False):
    body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "x" * characters}]}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return Request(route, path, json.dumps(body).encode())


class Clients:
    """`folder`: for the files that the programs read, which hold keys."""

    def __init__(self, folder, build):
        self.folder = pathlib.Path(folder)
        self.load_program = pathlib.Path(build, "tests/bench/load/sluice-load")
        self.wrk_program = program("wrk")
        if not self.load_program.exists():
            raise SystemExit(f"there is no {self.load_program}; build the target sluice-load")

    def wrk(self, server, request, connections, seconds, body_bytes):
        """Closed loop. `body_bytes`: what the body of each answer must have, on the average at least."""
        script = self.folder / "wrk.lua"
        script.write_text(lua(server, request))
        url = f"http://127.0.0.1:{server.port(request.route)}{server.path(request.route, request.path)}"
        words = [self.wrk_program, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script, url]
        result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds + 60)
        found = re.search(r"^figures (.*)$", result.stdout, re.MULTILINE)
        if result.returncode != 0 or not found:
            raise LoadError(f"wrk failed: {result.stdout} {result.stderr}")
        figures = json.loads(found.group(1))
        if not figures["requests"]:
            raise LoadError(f"wrk had no answer within {seconds} s")
        mean = figures["bytes"] / figures["requests"]
        if figures["errors"] or not body_bytes < mean < body_bytes + MOST_HEAD:
            raise LoadError(f"wrk has seen {figures['errors']} errors, and {mean:.0f} bytes an answer where the body has {body_bytes}")
        return figures

    def load(self, command, server, request, patience=120, **options):
        result = subprocess.run(
            self.load_words(command, server, request, patience, options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=patience + 60,
        )
        if result.returncode != 0:
            raise LoadError(result.stderr.strip() or f"sluice-load ended with {result.returncode}")
        return json.loads(result.stdout)

    def load_words(self, command, server, request, patience, options):
        file = self.folder / f"{command}.request"
        file.write_bytes(request.text(server))
        words = [self.load_program, command, "--port", str(server.port(request.route)), "--request", file, "--patience", str(patience)]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return words

    @contextlib.contextmanager
    def held_streams(self, server, request, count):
        """While this lasts, so many streams are open that say nothing."""
        words = self.load_words("hold", server, request, 120, {"streams": count})
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            if process.stdout.readline() != "ready\n":
                raise LoadError(process.stderr.read().strip() or "the streams did not begin")
            yield
            process.stdin.close()
            process.wait(CHILD_SECONDS)
            if process.returncode != 0:
                raise LoadError(process.stderr.read().strip())
        finally:
            end(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                pipe.close()


def lua(server, request):
    """wrk makes the request text of these once, and sends the same bytes again and again."""
    lines = [f"wrk.method = {quoted(request.method)}"]
    lines += [f"wrk.headers[{quoted(name)}] = {quoted(value)}" for name, value in request.fields(server).items()]
    if request.body:
        lines.append(f"wrk.body = {quoted(request.body.decode())}")
    lines.append(
        """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'figures {"requests":%d,"seconds":%.6f,"bytes":%d,"errors":%d,"p50":%.1f,"p90":%.1f,"p99":%.1f,"max":%.1f}\\n',
    summary.requests, summary.duration / 1e6, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end"""
    )
    return "\n".join(lines)


def quoted(text):
    return json.dumps(text)  # all that is quoted here is ASCII without control characters, the same in Lua


def ask(server, request, bytes_most=1 << 20):
    """(status, body as it came with its framing) of one request on a connection of its own, for a look at it before a case."""
    with socket.create_connection(("127.0.0.1", server.port(request.route)), timeout=20) as sock:
        text = request.text(server).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        sock.sendall(text)
        data = b""
        while len(data) < bytes_most:
            piece = sock.recv(65536)
            if not piece:
                break
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return int(words[1]) if len(words) > 2 else 0, body
