#!/usr/bin/env bash
# deploy/quickstart itself: quickstart_test.sh BUILD_DIR. What it prints is pasted into a fresh shell in another folder.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/e2e/stack.sh
. "$here/stack.sh"
[ $# = 1 ] || { echo "usage: tests/e2e/quickstart_test.sh BUILD_DIR" >&2; exit 2; }
build=$(readlink -m "$1")

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
contains() { case "$1" in *"$2"*) ;; *) fail "$3: no \"$2\" in: $1" ;; esac; }
# paste LINE: in a shell that knows nothing, elsewhere.
paste() { env -i PATH="$PATH" HOME="$state" bash -c "cd / && $1"; }
line_of() { grep -F -- "$1" "$state/quickstart.out" | head -n 1; }
paste_all() {
  json=$(line_of 'curl -sS ') stream=$(line_of 'curl -sSN ') change=$(line_of 'settings set enable_passthrough_routes=false')
}

start_stack "$build"
paste_all
contains "$(paste "$json")" '"chat.completion"' "the JSON line"
streamed=$(paste "$stream")
contains "$streamed" '"chat.completion.chunk"' "the SSE line"
contains "$streamed" 'data: [DONE]' "the SSE line"

# The third line changes the very next answer.
paste "$change" >/dev/null
contains "$(paste "$json")" passthrough_disabled "the answer after the change"
paste "${change/=false/=true}" >/dev/null
contains "$(paste "$json")" '"chat.completion"' "the answer after the change was taken back"

[ "$(stat -c %a "$state/quickstart.env")" = 600 ] || fail "quickstart.env can be read by others"
for name in SLUICE_SERVER SLUICE_TOKEN_FILE SLUICE_URL SLUICE_API_KEY; do
  grep -q "^$name=." "$state/quickstart.env" || fail "quickstart.env has no $name"
done
grep -qF "$SLUICE_API_KEY" "$state/quickstart.out" && fail "the output shows the client key"
for pid_file in "$state"/run/*.pid; do
  pid=$(head -n 1 "$pid_file" | cut -d' ' -f1)
  arguments=$(tr '\0' ' ' <"/proc/$pid/cmdline")
  case "$arguments" in *sk-emulator* | *slk_*) fail "a secret among the arguments of $arguments" ;; esac
done

# While it runs, once more: the same lines, the same key, no further change.
before=$(ctl status -o json)
quickstart --detach >"$state/quickstart.out"
contains "$(cat "$state/quickstart.out")" "already running" "the second run"
paste_all
contains "$(paste "$json")" '"chat.completion"' "the JSON line of the second run"
[ "$(ctl status -o json)" = "$before" ] || fail "the second run changed something"
quickstart --status >/dev/null || fail "--status does not see the three programs"

# Stopped and started: the same state, key and providers.
key=$SLUICE_API_KEY
revision=$(ctl status -o json | sed -nE 's/.*"revision": *"?([0-9]+).*/\1/p')
quickstart --stop >/dev/null
if quickstart --status >/dev/null; then fail "--status sees programs after --stop"; fi
contains "$(quickstart --stop)" "nothing was running" "--stop twice"
OPENAI_API_KEY=sk-canary-0123456789 quickstart --detach >"$state/quickstart.out"
read_env
[ "$SLUICE_API_KEY" = "$key" ] || fail "the client key changed over a restart"
paste_all
contains "$(paste "$json")" '"chat.completion"' "the JSON line after a restart"
after=$(ctl status -o json | sed -nE 's/.*"revision": *"?([0-9]+).*/\1/p')
# demo's base URL with the emulator's new port; provider openai and its key
[ "$((after - revision))" -le 3 ] || fail "a restart took the revision from $revision to $after"
contains "$(ctl provider list -o json)" '"name": "openai"' "the provider of OPENAI_API_KEY"
if grep -rlF sk-canary-0123456789 "$state"; then fail "a provider key stands in a file"; fi
for pid_file in "$state"/run/*.pid; do
  pid=$(head -n 1 "$pid_file" | cut -d' ' -f1)
  if tr '\0' '\n' <"/proc/$pid/environ" | grep -q sk-canary; then fail "a provider key in the environment of $pid"; fi
done

# A program that is gone is started again, and a pid file that names another's process stops nobody.
kill -9 "$(head -n 1 "$state/run/dataplane.pid" | cut -d' ' -f1)"
if quickstart --status >/dev/null; then fail "--status does not see that the data plane is gone"; fi
sleep 300 &
bystander=$!
printf '%s %s\n%s\n' "$bystander" 1 "$build/dataplane/sluice-dataplane" >"$state/run/dataplane.pid"
quickstart --detach >"$state/quickstart.out"
kill -0 "$bystander" || fail "a process that quickstart did not start was stopped"
kill "$bystander"
paste_all
contains "$(paste "$json")" '"chat.completion"' "the JSON line after a crash"

# In the foreground Ctrl-C stops everything that it started.
quickstart --stop >/dev/null
"$root/deploy/quickstart" >"$state/quickstart.out" &  # not the function: the signal is for the script itself
foreground=$!
tries=0
until grep -q 'Ctrl-C' "$state/quickstart.out"; do
  tries=$((tries + 1))
  if [ $tries -gt 600 ] || ! kill -0 "$foreground"; then fail "no foreground run: $(cat "$state/quickstart.out")"; fi
  sleep 0.1
done
kill -TERM "$foreground"
wait "$foreground" && fail "the foreground run ended with 0 after a signal"
if quickstart --status >/dev/null; then fail "programs are left after the foreground run"; fi

# Mistakes: one sentence that names them.
set +e
output=$(quickstart --bogus 2>&1)
code=$?
set -e
[ $code = 2 ] || fail "an unknown option gave exit code $code"
contains "$output" '"--bogus"' "an unknown option"
output=$(SLUICE_DATAPLANE_PORT=http quickstart --detach 2>&1) && fail "a port that is none was taken"
contains "$output" 'SLUICE_DATAPLANE_PORT' "a port that is none"
stop_stack
echo "1 passed, 0 failed"
