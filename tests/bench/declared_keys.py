"""Client keys in numbers: declared by digests of made-up texts, the same ones each time."""

import hashlib
import json
import random

from stack import sluicectl

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PIECE = 5000  # keys a declaration


def declare_keys(env, build, count, **more):
    chance = random.Random(1)
    ids = set()
    while len(ids) < count:
        ids.add("".join(chance.choices(ALPHABET, k=10)))
    entries = [
        {"name": f"bench-{i}", "id": key_id, "sha256": hashlib.sha256(key_id.encode()).hexdigest()} for i, key_id in enumerate(sorted(ids))
    ]
    for begin in range(0, count, PIECE):
        text = json.dumps({"client_keys": entries[begin : begin + PIECE]})  # JSON is YAML
        sluicectl(env, build, "apply", "-f", "-", "--wait", input=text.encode(), **more)
