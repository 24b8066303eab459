"""What stands for the providers: an nginx with fixed answers, and the emulator of a stack for what has to be paced.

A Route is one provider as every proxy has it: requests for /p/NAME/BASE/... go to PORT, below BASE, with the provider's key.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess

from machine import free_port, program, running

GIB = 1 << 30
EVENTS = 34
USAGE = {"prompt_tokens": 8, "completion_tokens": 4, "total_tokens": 12}  # little: the client key has a limit of tokens


@dataclasses.dataclass(frozen=True)
class Route:
    name: str
    port: int
    key: str
    base: str = "/v1"
    tls: bool = False

    def origin(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"


def chat_answer(characters):
    """A chat completion with so many characters of text."""
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "gpt-5-mini",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "x" * characters}, "finish_reason": "stop"}],
            "usage": USAGE,
        }
    )


def chat_events(count):
    """`count` events of a streamed chat, the last two of them its usage and its end."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-5-mini"}
    events = [{**head, "choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]} for _ in range(count - 2)]
    events.append({**head, "choices": [], "usage": USAGE})
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


# SSI is on for the events because it is the way to have nginx send a file in chunks. A POST of a file is a 405 for
# nginx, which here is an answer like any other. Wrong keys are refused, so that a proxy that does not put the
# provider's key in is found out.
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/upstream.pid; error_log {folder}/upstream.error.log;
{user}
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=16; keepalive_requests 1000000000; keepalive_timeout 1h;
  client_max_body_size 0; client_body_buffer_size 64k; reset_timedout_connection on;
  client_body_temp_path {folder}/ub; proxy_temp_path {folder}/up; fastcgi_temp_path {folder}/uf; uwsgi_temp_path {folder}/uu;
  scgi_temp_path {folder}/us;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    {tls_listen}
    if ($http_authorization != "Bearer {key}") {{ return 401; }}
    error_page 405 =200 $uri;
    root {folder}/www;
    location = /v1/chat/completions {{ default_type application/json; return 200 '{small}'; }}
    location = /v1/large {{ default_type application/json; }}
    location = /v1/events {{ default_type text/event-stream; ssi on; ssi_types text/event-stream; }}
    location = /v1/blob {{ default_type application/octet-stream; }}
  }}
}}
"""


class FixedUpstream:
    """An nginx of its own, with one worker."""

    key = "sk-fixed-upstream"

    def __init__(self, folder, files, blob_bytes):
        self.folder, self.files, self.blob_bytes = pathlib.Path(folder), files, blob_bytes
        self.port, self.tls_port = free_port(), free_port()
        self.small, self.large, self.events = chat_answer(180), chat_answer(16200), chat_events(EVENTS)
        self.certificate = self.folder / "upstream.crt"

    def write_files(self):
        www = self.folder / "www/v1"
        www.mkdir(parents=True)
        (www / "large").write_text(self.large)
        (www / "events").write_text(self.events)
        with open(www / "blob", "wb") as blob:
            blob.truncate(self.blob_bytes)
        key = self.folder / "upstream.key"
        kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split()
        name = "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1".split()
        words = [program("openssl"), *kind, *name, "-keyout", key, "-out", self.certificate]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        tls = f"listen 127.0.0.1:{self.tls_port} ssl backlog=4096; ssl_certificate {self.certificate}; ssl_certificate_key {key};"
        text = CONFIGURATION.format(
            folder=self.folder, files=self.files, port=self.port, key=self.key, small=self.small, tls_listen=tls, user=worker_user()
        )
        (self.folder / "upstream.conf").write_text(text)

    @contextlib.contextmanager
    def running(self):
        self.write_files()
        words = [program("nginx"), "-p", self.folder, "-c", self.folder / "upstream.conf"]
        with running(words, self.port, self.folder / "upstream.log"):
            yield self

    def routes(self):
        return [Route("fixed", self.port, self.key), Route("fixed-tls", self.tls_port, self.key, tls=True)]


def worker_user():
    """Workers of an nginx that root starts have the user of its package otherwise, whom the folder is closed to."""
    return "user root;" if os.getuid() == 0 else ""


def emulator_routes(port):
    key = "sk-emulator-demo"
    return [Route("demo", port, key), Route("sink", port, key, base="")]
