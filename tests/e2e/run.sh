#!/usr/bin/env bash
# Drives the official npm clients through a running stack: run.sh BUILD_DIR.
#
# The stack is deploy/quickstart's, of the programs in BUILD_DIR, on free ports with a state of its own; on top come the
# provider instances that the clients are pointed at. Fails if a test fails, or if a program reported an error.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/e2e/stack.sh
. "$here/stack.sh"
[ $# = 1 ] || { echo "usage: tests/e2e/run.sh BUILD_DIR" >&2; exit 2; }
build=$(readlink -m "$1")

# The clients stand beside copies of the tests, outside of the source tree.
install_clients() {
  work=$build/tests/e2e/clients
  mkdir -p "$work"
  if ! cmp -s "$here/package-lock.json" "$work/installed-lock.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/"
    (cd "$work" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$here/package-lock.json" "$work/installed-lock.json"
  fi
  rm -f "$work"/*.mjs
  cp "$here"/*.mjs "$work/"
}

# instance NAME PRESET BASE_URL
instance() {
  ctl provider create "$1" --preset "$2" --base-url "$3" >/dev/null
  printf sk-emulator-e2e | ctl provider-key add "$1" --name e2e - >/dev/null
}

install_clients
start_stack "$build"
emulator=http://127.0.0.1:$(stack_port emulator http)
instance openai openai "$emulator/as/openai/v1"
instance anthropic anthropic "$emulator/as/anthropic/v1"
# The other roots of this preset stand on the origin of the base URL, so it has no /as/gemini.
instance gemini gemini "$emulator/v1beta"
E2E_KEY=$(ctl key create --name e2e --providers openai,anthropic,gemini --wait -o json | sed -nE 's/.*"key": *"(slk_[^"]+)".*/\1/p')
[ -n "$E2E_KEY" ] || { echo "run.sh: key create printed no key" >&2; exit 1; }
export E2E_KEY E2E_URL="$SLUICE_URL" E2E_EMULATOR="$emulator"

cd "$work"
timeout 400 node --test
stop_stack
