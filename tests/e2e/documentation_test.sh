#!/usr/bin/env bash
# The README's tour, line by line, in a fresh stack: documentation_test.sh BUILD_DIR. Its blocks are those that begin
# with ```sh tour; each line of them must end with exit code 0.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/e2e/stack.sh
. "$here/stack.sh"
[ $# = 1 ] || { echo "usage: tests/e2e/documentation_test.sh BUILD_DIR" >&2; exit 2; }
build=$(readlink -m "$1")

start_stack "$build"
export PATH="$build/controlplane/cli:$PATH"
export OPENAI_EAST_KEY=sk-emulator-east
export BATCH_SECRET=a-secret-of-thirty-two-bytes-or-more
awk '/^```sh tour/ {inside = 1; next} /^```/ {inside = 0} inside' "$root/README.md" >"$state/tour.sh"
[ -s "$state/tour.sh" ] || { echo "README.md has no block that begins with \`\`\`sh tour" >&2; exit 1; }
cd "$state"
# One shell for all, because a line may use what an earlier one set; -e and pipefail: each must succeed.
bash -xeu -o pipefail "$state/tour.sh" </dev/null
stop_stack
echo "1 passed, 0 failed"
