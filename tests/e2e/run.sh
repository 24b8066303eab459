#!/usr/bin/env bash
# Drives the official npm clients through a running stack: run.sh BUILD_DIR [TEST_FILE...].
#
# The stack is deploy/quickstart's, of the programs in BUILD_DIR, on free ports with a state of its own; on top come the
# provider instances that the clients are pointed at. Fails if a test fails, or if a program reported an error.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/e2e/stack.sh
. "$here/stack.sh"
# shellcheck source=tests/e2e/instances.sh
. "$here/instances.sh"
[ $# -ge 1 ] || { echo "usage: tests/e2e/run.sh BUILD_DIR [TEST_FILE...]" >&2; exit 2; }
build=$(readlink -m "$1")
shift

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

install_clients
start_stack "$build"
create_instances
cd "$work"
timeout 500 node --test "$@"
stop_stack
