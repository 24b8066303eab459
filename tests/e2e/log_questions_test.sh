#!/usr/bin/env bash
# What docs/OPERATIONS.md says to ask of access logs with jq, asked of one that was made up: log_questions_test.sh.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

cat >"$folder/access.log" <<'END'
{"time":"2026-01-31T12:00:00.000000Z","node":"n1","revision":7,"client_key":"k1","provider":"openai","method":"POST","status":200,"admitted_us":1000,"first_byte_us":31000,"cost_nanos":2500000000}
{"time":"2026-01-31T12:00:01.000000Z","node":"n1","revision":8,"client_key":"k2","provider":"openai","method":"POST","status":200,"admitted_us":1000,"first_byte_us":91000,"cost_nanos":500000000}
{"time":"2026-01-31T12:00:02.000000Z","node":"n2","revision":6,"client_key":"k1","provider":"slow","method":"POST","status":200,"admitted_us":5000,"first_byte_us":8005000}
{"time":"2026-01-31T12:00:03.000000Z","node":"n2","revision":6,"provider":"","method":"POST","status":401,"reason":"invalid_api_key"}
END
python3 - "$root/docs/OPERATIONS.md" "$folder" <<'END'
import pathlib, re, sys
for i, block in enumerate(re.findall(r"```jq\n(.*?)\n```", open(sys.argv[1]).read(), re.DOTALL)):
    pathlib.Path(sys.argv[2], f"{i}.jq").write_text(block)
END

# ask NUMBER EXPECTED
ask() {
  local answer
  answer=$(jq -sc -f "$folder/$1.jq" "$folder/access.log")
  [ "$answer" = "$2" ] || fail "question $1 is answered $answer instead of $2"
}
ask 0 '{"provider":"openai","requests":2,"p95_ms":90}
{"provider":"slow","requests":1,"p95_ms":8000}'
ask 1 '{"client_key":"k1","usd":2.5,"cost_unknown":1}
{"client_key":"k2","usd":0.5,"cost_unknown":0}'
ask 2 '{"node":"n1","revision":8,"last":"2026-01-31T12:00:01.000000Z"}
{"node":"n2","revision":6,"last":"2026-01-31T12:00:03.000000Z"}'
[ ! -e "$folder/3.jq" ] || fail "docs/OPERATIONS.md has a question that is not asked here"
