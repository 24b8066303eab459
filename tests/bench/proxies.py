"""What is measured: Sluice, nginx and HAProxy as the same key-swapping reverse proxy, and the way without any.

Each takes /p/PROVIDER/..., refuses who has no client key, puts the provider's key in the place of the client's, goes to the
provider over kept connections, hands bodies on as they come, and writes a line for each request to a file.
"""

import contextlib
import os
import pathlib
import subprocess

from machine import Usage, be_nice, children, free_port, program, running
from stack import running_stack, sluicectl, stack_pid, stack_port
from upstream import worker_user


class Server:
    """One way to a provider. `usage`: of its processes; None where there is none between client and provider."""

    def __init__(self, name, port, key, pids):
        self.name, self.own_port, self.own_key = name, port, key
        self.usage = Usage(pids) if pids else None

    def port(self, route):
        return self.own_port

    def key(self, route):
        return self.own_key

    def path(self, route, path):
        return f"/p/{route.name}{route.base}/{path}"


class Direct(Server):
    def __init__(self):
        super().__init__("direct", 0, "", [])

    def port(self, route):
        return route.port

    def key(self, route):
        return route.key

    def path(self, route, path):
        return f"{route.base}/{path}"


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.error.log;
{user}
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  log_format json escape=json '{{"time":"$time_iso8601","request_id":"$request_id","client":"$client","method":"$request_method",'
    '"path":"$uri","status":$status,"upstream":"$upstream_addr","bytes_up":$request_length,"bytes_down":$bytes_sent,'
    '"connect":"$upstream_connect_time","first_byte":"$upstream_header_time","total":$request_time}}';
  access_log {folder}/nginx.access.log json;
  keepalive_requests 1000000000; keepalive_timeout 1h; client_max_body_size 0; server_tokens off;
  client_body_temp_path {folder}/nb; proxy_temp_path {folder}/np; fastcgi_temp_path {folder}/nf; uwsgi_temp_path {folder}/nu;
  scgi_temp_path {folder}/ns;
  map_hash_bucket_size 256;
  map $http_authorization $client {{ default ""; "Bearer {key}" bench; }}
  proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 1h; proxy_send_timeout 1h;
  {upstreams}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    if ($client = "") {{ return 401; }}
    {locations}
  }}
}}
"""


def nginx_upstream(route):
    return f"upstream {route.name} {{ server 127.0.0.1:{route.port}; keepalive 512; keepalive_requests 1000000000; keepalive_timeout 1h; }}"


def nginx_location(route, certificate):
    tls = f"proxy_ssl_verify on; proxy_ssl_name 127.0.0.1; proxy_ssl_trusted_certificate {certificate};" if route.tls else ""
    return (
        f"location /p/{route.name}/ {{ proxy_pass {'https' if route.tls else 'http'}://{route.name}/; {tls} "
        f'proxy_set_header Connection ""; proxy_set_header Host 127.0.0.1:{route.port}; '
        f'proxy_set_header Authorization "Bearer {route.key}"; }}'
    )


@contextlib.contextmanager
def running_nginx(folder, files, routes, client_key, certificate):
    folder, port = pathlib.Path(folder), free_port()
    text = NGINX.format(
        folder=folder,
        files=files,
        user=worker_user(),
        port=port,
        key=client_key,
        upstreams="\n  ".join(map(nginx_upstream, routes)),
        locations="\n    ".join(nginx_location(route, certificate) for route in routes),
    )
    (folder / "nginx.conf").write_text(text)
    with running([program("nginx"), "-p", folder, "-c", folder / "nginx.conf"], port, folder / "nginx.log") as process:
        yield Server("nginx", port, client_key, children(process.pid))


HAPROXY = """
global
  nbthread 1
  maxconn {connections}
  log stdout format raw local0 info
defaults
  mode http
  log global
  log-format '{{"time":"%t","request_id":"%rt","client":"bench","method":"%HM","path":"%HP",\
"status":%ST,"upstream":"%si:%sp","bytes_up":%U,"bytes_down":%B,"connect":%Tc,"first_byte":%Tr,"total":%Ta}}'
  option http-keep-alive
  option http-no-delay
  http-reuse always
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  http-request deny deny_status 401 unless {{ req.hdr(Authorization) -m str "Bearer {key}" }}
  {uses}
{backends}
"""


def haproxy_backend(route, certificate):
    tls = f" ssl verify required ca-file {certificate}" if route.tls else ""
    return f"""backend {route.name}
  http-request replace-path /p/{route.name}(/.*) \\1
  http-request set-header Host 127.0.0.1:{route.port}
  http-request set-header Authorization "Bearer {route.key}"
  server provider 127.0.0.1:{route.port} pool-max-conn 512{tls}
"""


@contextlib.contextmanager
def running_haproxy(folder, files, routes, client_key, certificate):
    """Its log is its standard output, which is a file: HAProxy itself has no other way to one."""
    folder, port = pathlib.Path(folder), free_port()
    text = HAPROXY.format(
        connections=(files - 200) // 2,
        port=port,
        key=client_key,
        uses="\n  ".join(f"use_backend {route.name} if {{ path_beg /p/{route.name}/ }}" for route in routes),
        backends="\n".join(haproxy_backend(route, certificate) for route in routes),
    )
    (folder / "haproxy.conf").write_text(text)
    with running([program("haproxy"), "-db", "-f", folder / "haproxy.conf"], port, folder / "haproxy.access.log") as process:
        yield Server("haproxy", port, client_key, [process.pid])


class Sluice(Server):
    """A stack with one worker and all that a production has: client keys, limits and a budget, accounts, metrics, access log."""

    def __init__(self, build, env, pid, name="sluice"):
        port = int(env["SLUICE_URL"].rsplit(":", 1)[1])
        super().__init__(name, port, env["SLUICE_API_KEY"], [pid])
        self.build, self.env, self.pid = build, env, pid
        self.emulator_port = stack_port(env, "emulator", "http")
        self.controlplane_pid = stack_pid(env, "controlplane")

    def ctl(self, *words, **more):
        try:
            return sluicectl(self.env, self.build, *words, stderr=subprocess.PIPE, **more)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"sluicectl {' '.join(words)}: {error.stderr.decode()}") from error

    def set_limits(self):
        """That nobody reaches, but each request is counted against."""
        limits = "--rate 60000000/1m --concurrent 100000 --tokens 1000000000/1000s".split()
        self.ctl("key", "update", "quickstart", *limits, "--budget", "1000000000000/month", "--budget", "1000000usd/month")

    def add_provider(self, route):
        self.ctl("provider", "create", route.name, "--preset", "openai", "--base-url", route.origin() + route.base)
        self.ctl("provider-key", "add", route.name, "--name", "main", "-", "--wait", input=route.key.encode())


@contextlib.contextmanager
def running_sluice(build, folder, routes=(), name="sluice", before=()):
    """`routes`: providers beside `demo`, which leads to the stack's own emulator. `before`: words of a command that starts it."""
    folder = pathlib.Path(folder)
    flags = {"access-log": folder / f"{name}.access.log"}
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(open(folder / "quickstart.log", "a+"))
        try:
            env, pid = stack.enter_context(running_stack(build, flags, output, before))
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"the stack did not start: {(folder / 'quickstart.log').read_text()[-2000:]}") from error
        sluice = Sluice(build, env, pid, name)
        # It and its database are on another machine as a rule: they take what the clients leave of their cores.
        be_nice(sluice.controlplane_pid)
        sluice.set_limits()
        for route in routes:
            sluice.add_provider(route)
        yield sluice


SYSTEM_AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


def trusting(folder, certificate):
    """Words before a command for which this machine trusts one authority more.

    The data plane trusts the system's authorities, which are left as they are: the command has a mount namespace of its own.
    """
    bundle = pathlib.Path(folder, "authorities.crt")
    bundle.write_bytes(SYSTEM_AUTHORITIES.read_bytes() + pathlib.Path(certificate).read_bytes())
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    script = f'mount --bind "$0" {SYSTEM_AUTHORITIES} && exec "$@"'
    return ["unshare", *as_root, "--mount", "sh", "-c", script, str(bundle)]


def empty_logs(folder):
    """What all have written by now; they append."""
    for log in pathlib.Path(folder).rglob("*.access.log"):
        os.truncate(log, 0)
