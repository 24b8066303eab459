#!/usr/bin/env bash
# The metrics as the real Prometheus takes them, the alerts as it evaluates them, and the dashboard's queries:
# prometheus_test.sh BUILD_DIR. Prometheus is unpacked below BUILD_DIR from Debian's package, not installed, since that would
# start a server of its own. Where the package cannot be had, it says SKIPPED and ends with code 77.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/e2e/stack.sh
. "$here/stack.sh"
[ $# = 1 ] || { echo "usage: tests/e2e/prometheus_test.sh BUILD_DIR" >&2; exit 2; }
build=$(readlink -m "$1")
home=$build/tests/e2e/prometheus
readonly skipped=77

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

unpack_prometheus() {
  [ ! -x "$home/usr/bin/promtool" ] || return 0
  mkdir -p "$home"
  if ! (cd "$home" && apt-get download prometheus) >"$home/download.log" 2>&1; then
    cat "$home/download.log"
    echo "SKIPPED: Debian's package prometheus cannot be had"
    exit "$skipped"
  fi
  dpkg-deb -x "$home"/prometheus_*.deb "$home"
  rm "$home"/prometheus_*.deb
}

# query EXPRESSION: the results as JSON.
query() { curl -sS --fail --get "http://127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1"; }

# eventually COMMAND...: until it succeeds, at most a minute.
eventually() {
  local i
  for ((i = 0; i < 120; i++)); do
    if "$@"; then return 0; fi
    sleep 0.5
  done
  return 1
}

has_result() { query "$1" | grep -q '"metric"'; }

start_prometheus() {
  cat >"$state/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$root/deploy/prometheus/alerts.yml"]
scrape_configs:
  - job_name: sluice-dataplane
    static_configs: [{targets: ["127.0.0.1:$(stack_port dataplane ops)"]}]
  - job_name: sluice-controlplane
    static_configs: [{targets: ["127.0.0.1:$(stack_port controlplane ops)"]}]
END
  "$home/usr/bin/promtool" check config "$state/prometheus.yml"
  # Prometheus takes no port 0 and tells of none: one that is free now, and another try if it is not by then.
  local i
  for ((i = 0; i < 5; i++)); do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$home/usr/bin/prometheus" --config.file="$state/prometheus.yml" --storage.tsdb.path="$state/tsdb" \
      --web.listen-address="127.0.0.1:$port" >"$state/prometheus.log" 2>&1 &
    prometheus=$!
    # leave_stack ends the stack; this ends with it.
    trap 'code=$?; kill "$prometheus" 2>/dev/null; wait "$prometheus" 2>/dev/null; leave_stack "$code"' EXIT
    if eventually answers_or_ended && kill -0 "$prometheus" 2>/dev/null; then return; fi
  done
  cat "$state/prometheus.log" >&2
  fail "Prometheus does not start"
}
answers_or_ended() { ! kill -0 "$prometheus" 2>/dev/null || curl -sS --fail "http://127.0.0.1:$port/-/ready" >/dev/null 2>&1; }

unpack_prometheus
cp "$root/deploy/prometheus/alerts.yml" "$here/alerts_test.yml" "$home"
(cd "$home" && usr/bin/promtool check rules alerts.yml && usr/bin/promtool test rules alerts_test.yml)

start_stack "$build"
# The quickstart has asked something itself.
served() {
  curl -sS --fail "http://127.0.0.1:$(stack_port dataplane ops)/metrics" |
    awk '/^sluice_dataplane_first_byte_seconds_count\{provider="demo"\}/ {n = $2} END {print n + 0}'
}
expected=$(($(served) + 3))
body='{"model":"gpt-5","messages":[]}'
chat() {
  curl -sS --fail -o "$state/answer" "$SLUICE_URL/p/demo/chat/completions" -H "Authorization: Bearer $SLUICE_API_KEY" -d "$body" \
    -H "Content-Type: application/json"
}
for _ in 1 2 3; do chat; done
for plane in dataplane controlplane; do
  curl -sS --fail "http://127.0.0.1:$(stack_port "$plane" ops)/metrics" >"$state/$plane.metrics"
  "$home/usr/bin/promtool" check metrics <"$state/$plane.metrics" || fail "promtool finds fault with the metrics of the $plane"
done

start_prometheus
for job in sluice-dataplane sluice-controlplane; do
  eventually has_result "up{job=\"$job\"} == 1" || fail "$job is not scraped: $(query "up{job=\"$job\"}")"
done
eventually has_result 'sum by (provider) (sluice_dataplane_provider_requests_total{provider="demo",method="POST",class="2xx"}) == '"$expected" ||
  fail "the three requests are not there: $(query sluice_dataplane_provider_requests_total)"
eventually has_result 'sluice_dataplane_first_byte_seconds_count{provider="demo"} == '"$expected" || fail "the histogram has not the three requests"
[ "$(query 'ALERTS{alertstate="firing"}' | grep -c '"metric"')" = 0 ] || fail "an alert fires in a healthy stack: $(query ALERTS)"

# What dashboard and alerts ask for exists: as a series now, or as a family that has none yet.
known=$(cat "$state"/*.metrics)
names=$(grep -ohE '(sluice|process)_[a-z_]+' "$root/deploy/prometheus/alerts.yml" "$root/deploy/grafana/sluice.json" | sort -u)
for name in $names; do
  family=${name%_bucket}
  grep -qE "^# TYPE $family |^$name[{ ]" <<<"$known" ||
    case "$family" in
      sluice_dataplane_tls_*) ;; # only with TLS on the data port
      *) fail "nothing is called $name" ;;
    esac
done
# What docs/OPERATIONS.md says to ask: which provider is slow, which key burns money, which node is behind (here: none).
python3 - "$root/docs/OPERATIONS.md" >"$state/questions" <<'END'
import re, sys
for block in re.findall(r"```promql\n(.*?)\n```", open(sys.argv[1]).read(), re.DOTALL):
    print(" ".join(block.split()))
END
mapfile -t questions <"$state/questions"
[ ${#questions[@]} = 3 ] || fail "docs/OPERATIONS.md has ${#questions[@]} queries instead of three"
# A rate wants requests between two scrapes.
chats_and_has_result() { chat && has_result "$1"; }
eventually chats_and_has_result "${questions[0]} > 0" || fail "nothing comes of: ${questions[0]}"
eventually has_result "${questions[1]}" || fail "nothing comes of: ${questions[1]}"
query "${questions[2]}" | grep -q '"result":\[\]' || fail "a node is behind in a healthy stack: $(query "${questions[2]}")"
has_result "${questions[2]/sluice_dataplane_config_revision/(sluice_dataplane_config_revision - 1)}" || fail "a node that is behind is not found"

# Grafana's own variable stands for a time.
python3 - "$root/deploy/grafana/sluice.json" >"$state/queries" <<'END'
import json, sys
for panel in json.load(open(sys.argv[1]))["panels"]:
    for target in panel.get("targets", []):
        print(target["expr"].replace("$__rate_interval", "1m"))
END
while read -r expression; do
  query "$expression" | grep -q '"status":"success"' || fail "Prometheus refuses: $expression"
done <"$state/queries"
[ "$(wc -l <"$state/queries")" -ge 20 ] || fail "the dashboard has too few queries to be read right"
stop_stack
