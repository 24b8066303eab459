"""The machine as the benchmarks use it: which core does what, ports that are free, programs that are started and surely ended."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

from stack import cpu_seconds, rss_kib

CHILD_SECONDS = 20  # that a program may take to begin, or to end


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def program(name):
    """Debian keeps servers where the PATH of most users does not lead."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")
    if not found:
        raise SystemExit(f"{name} is not installed; deploy/install-packages bench installs it")
    return found


def version(name):
    """The first line of what it says of itself."""
    result = subprocess.run([program(name), "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return result.stdout.splitlines()[0]


def busy_share(seconds):
    """Of the time of all cores, what was used during so many seconds from now."""

    def spent():
        times = [int(word) for word in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(times), times[3] + times[4]  # idle, and waiting for disks

    before, idle_before = spent()
    time.sleep(seconds)
    after, idle_after = spent()
    return 1 - (idle_after - idle_before) / max(1, after - before)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def raise_file_limit():
    """How many files each program may have open from now on."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Cores:
    """Who runs where. The proxies share one core, taken in turns; clients and upstreams have the others."""

    def __init__(self):
        allowed = sorted(os.sched_getaffinity(0))
        self.proxy = {allowed[0]}
        self.others = set(allowed[1:])

    def pinned(self):
        return bool(self.others)

    def pin_clients(self):
        """This program, and what it starts from now on."""
        if self.pinned():
            os.sched_setaffinity(0, self.others)

    def pin(self, pid, cores):
        if self.pinned():
            for task in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(task), cores)

    def text(self):
        if not self.pinned():
            return "one core for everything: nothing is pinned, and figures are of little use"
        names = [",".join(map(str, sorted(cores))) for cores in (self.proxy, self.others)]
        return f"the proxy measured is pinned to core {names[0]}, clients and upstreams to {names[1]}"


def be_nice(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        os.setpriority(os.PRIO_PROCESS, int(task), 19)


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


class Usage:
    """What some processes have used of the machine so far, as the kernel counts it."""

    def __init__(self, pids):
        self.pids = pids

    def cpu_us(self):
        return sum(cpu_seconds(pid) for pid in self.pids) * 1e6

    def rss_kib(self):
        return sum(rss_kib(pid) for pid in self.pids)

    def forget_peak(self):
        for pid in self.pids:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_kib(self):
        """Since the last forget_peak()."""
        total = 0
        for pid in self.pids:
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    total += int(line.split()[1])
        return total

    def files(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids)


def end(process):
    """A program of ours, by its pid."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def running(words, port, log, **more):
    """A program in a session of its own, so that Ctrl-C reaches the benchmark alone; with its output in `log`. Waits for its port."""
    with open(log, "ab") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **more)
    try:
        deadline = time.monotonic() + CHILD_SECONDS
        while not listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{words[0]} did not start: {pathlib.Path(log).read_text()[-1000:]}")
            time.sleep(0.02)
        yield process
    finally:
        end(process)


def listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def end_pid(pid):
    """A program that quickstart started for us, waiting until it is gone."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + CHILD_SECONDS
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
        time.sleep(0.02)
