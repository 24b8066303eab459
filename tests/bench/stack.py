"""What the benchmarks share: a stack of release programs on free ports with a temporary state folder, and its data plane's counters."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def connect(env, receive_buffer=0):
    """A client's connection. `receive_buffer` in bytes, 0 for the system's."""
    host, port = env["SLUICE_URL"].removeprefix("http://").rstrip("/").split(":")
    sock = socket.socket()
    sock.settimeout(30)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def read_answer(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise SystemExit(f"the data plane closed a connection after {data[:200]!r}")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {head.splitlines()[0]!r} {rest[:300]!r}")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"Content-Length" not in fields:
        return rest
    while len(rest) < int(fields[b"Content-Length"]):
        rest += sock.recv(65536)
    return rest


def sluicectl(env, build, *words, **more):
    """What it prints."""
    program = [f"{build}/controlplane/cli/sluicectl", "--server", env["SLUICE_SERVER"], "--token-file", env["SLUICE_TOKEN_FILE"]]
    return subprocess.run([*program, *words], check=True, stdout=subprocess.PIPE, **more).stdout


def cpu_seconds(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def rss_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def small_requests(env, pid, text, count, connections):
    """Microseconds of the process's CPU for each of `count` requests `text`, over kept connections."""
    socks = [connect(env) for _ in range(connections)]
    for sock in socks:  # warm
        sock.sendall(text)
        read_answer(sock)
    before = cpu_seconds(pid)
    for _ in range(count // connections):
        for sock in socks:
            sock.sendall(text)
        for sock in socks:
            read_answer(sock)
    used = cpu_seconds(pid) - before
    for sock in socks:
        sock.close()
    return used / (count // connections * connections) * 1e6


def start_stack(state, build, flags, output, before):
    config = pathlib.Path(state, "dataplane.flags")
    config.write_text("".join(f"{name} = {value}\n" for name, value in {"workers": 1, **flags}.items()))
    environ = dict(
        os.environ,
        SLUICE_QUICKSTART_STATE=state,
        SLUICE_QUICKSTART_BUILD=str(build),
        SLUICE_QUICKSTART_DATAPLANE_CONFIG=str(config),
        SLUICE_NO_INSTALL="1",
        SLUICE_DATAPLANE_PORT="0",
        SLUICE_DATAPLANE_OPS_PORT="0",
        SLUICE_CONTROLPLANE_PORT="0",
        SLUICE_CONTROLPLANE_OPS_PORT="0",
        SLUICE_EMULATOR_PORT="0",
    )
    subprocess.run([*before, ROOT / "deploy/quickstart", "--detach"], env=environ, check=True, stdout=output, stderr=output)
    env = {"SLUICE_QUICKSTART_STATE": state}
    for line in pathlib.Path(state, "quickstart.env").read_text().splitlines():
        name, _, value = line.partition("=")
        env[name] = value.strip("'\"")
    return environ, env


def stack_pid(env, name):
    """Of `emulator`, `controlplane` or `dataplane`."""
    return int(pathlib.Path(env["SLUICE_QUICKSTART_STATE"], "run", f"{name}.pid").read_text().split()[0])


def stack_port(env, name, which):
    """As the program wrote it: `http`, `grpc` or `ops`."""
    return json.loads(pathlib.Path(env["SLUICE_QUICKSTART_STATE"], "run", f"{name}.ports").read_text())[which]


@contextlib.contextmanager
def running_stack(build, flags=None, output=sys.stderr, before=()):
    """Gives the values of its quickstart.env and the process id of its data plane, which has one worker, and ends it.

    `flags`: more flags of the data plane, by name. `output`: a file for what quickstart has to say. `before`: words of a
    command that runs it.
    """
    with tempfile.TemporaryDirectory() as state:
        environ, env = start_stack(state, build, flags or {}, output, before)
        try:
            yield env, stack_pid(env, "dataplane")
        finally:
            subprocess.run([ROOT / "deploy/quickstart", "--stop"], env=environ, stdout=output, stderr=output)
