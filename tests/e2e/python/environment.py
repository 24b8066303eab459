"""What the tests of the Python clients need: where the gateway is, how to tell the emulator what to do, and how to ask
it what it saw. python_clients.sh sets the variables."""

import hashlib
import json
import os
import time
import urllib.parse
import urllib.request
import uuid

GATEWAY = os.environ["E2E_URL"]
CLIENT_KEY = os.environ["E2E_KEY"]
EMULATOR = os.environ["E2E_EMULATOR"]
# What instances.sh stored as the key of each provider instance.
PROVIDER_KEY = "sk-emulator-e2e"
# Letters of two, three and four bytes.
LETTERS = "Grüße-世界-😀"


def controls(**wishes):
    """Headers that tell the emulator how to answer one request: controls(hold="x", status=429)."""
    return {
        "X-Emulator-" + name.replace("_", "-"): urllib.parse.quote(str(value), safe="")
        for name, value in wishes.items()
    }


def unique(prefix):
    return f"{prefix}-{uuid.uuid4()}"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def binary(size):
    """Bytes that are no text in any encoding, and longer than any buffer on the way."""
    block = bytes((i * 151 + (i >> 8) * 89) & 0xFF for i in range(65521))
    return (block * (size // len(block) + 1))[:size]


def _ask(method, path, body=None, headers=None):
    request = urllib.request.Request(EMULATOR + path, data=body, method=method, headers=headers or {})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read()


def release(name):
    """Lets an answer go on that waits because of the control `hold`."""
    _ask("POST", f"/emulator/release/{name}")


def text_of(path, body, headers):
    """The text of an answer straight from the emulator."""
    sent = {"Content-Type": "application/json", **headers}
    return _ask("POST", path, json.dumps(body).encode(), sent).decode()


def record_of(header, value, ready=lambda record: True):
    """The record of a request that carried this header and of which `ready` holds, once there is one."""
    for _ in range(200):
        page = json.loads(_ask("GET", "/emulator/requests?last=100"))
        for record in page["requests"]:
            fields = [(name.lower(), text) for name, text in record["headers"]]
            if (header.lower(), value) in fields and ready(record):
                return record
        time.sleep(0.025)
    raise AssertionError(f"the emulator has no such request with {header}: {value}")
