#!/usr/bin/env bash
# Drives the official Python clients through a running stack: python_clients.sh BUILD_DIR. Where no registry of Python
# packages can be reached, it says SKIPPED and ends with code 77.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/e2e/stack.sh
. "$here/stack.sh"
# shellcheck source=tests/e2e/instances.sh
. "$here/instances.sh"
[ $# = 1 ] || { echo "usage: tests/e2e/python_clients.sh BUILD_DIR" >&2; exit 2; }
build=$(readlink -m "$1")
venv=$build/tests/e2e/python
readonly skipped=77

# A package that is missing from a registry that answers is a failure; a registry that does not answer is not.
install_clients() {
  local log=$build/tests/e2e/pip.log
  if cmp -s "$here/requirements.txt" "$venv/installed-requirements.txt"; then return; fi
  rm -rf "$venv"
  mkdir -p "$(dirname "$venv")"
  python3 -m venv "$venv" || { echo "python_clients.sh: cannot make a virtual environment; is python3-venv installed?" >&2; exit 1; }
  if ! "$venv/bin/pip" install --disable-pip-version-check --no-input --no-deps --only-binary :all: --retries 1 \
    --requirement "$here/requirements.txt" >"$log" 2>&1; then
    if grep -qE 'connection broken by|Max retries exceeded|NewConnectionError|[Nn]ame resolution|ProxyError' "$log"; then
      echo "SKIPPED: no registry of Python packages can be reached"
      exit "$skipped"
    fi
    cat "$log" >&2
    exit 1
  fi
  cp "$here/requirements.txt" "$venv/installed-requirements.txt"
}

install_clients
start_stack "$build"
create_instances
# No byte code into the source tree.
(cd "$here/python" && PYTHONDONTWRITEBYTECODE=1 timeout 400 "$venv/bin/python" -W error::ResourceWarning -m unittest --verbose openai_test anthropic_test)
stop_stack
