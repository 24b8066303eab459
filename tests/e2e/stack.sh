# Sourced by the end-to-end tests: a stack by deploy/quickstart that belongs to one test. Sets `state`, and what
# quickstart.env says. Needs `root`.
# shellcheck shell=bash

stack_port() { sed -nE "s/.*\"$2\"[[:space:]]*:[[:space:]]*([0-9]+).*/\1/p" "$state/run/$1.ports"; }

# Everything that the stack's programs wrote of errors, theirs or a sanitizer's.
stack_errors() {
  grep -HE ' (error|critical) sluice-|AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:' "$state"/log/*.log* || true
}

quickstart() { "$root/deploy/quickstart" "$@"; }

# start_stack BUILD_DIR: programs of that build, free ports, an empty state that goes with this shell.
start_stack() {
  state=$(mktemp -d)
  export SLUICE_QUICKSTART_STATE=$state SLUICE_QUICKSTART_BUILD=$1
  export SLUICE_DATAPLANE_PORT=0 SLUICE_DATAPLANE_OPS_PORT=0 SLUICE_CONTROLPLANE_PORT=0 SLUICE_CONTROLPLANE_OPS_PORT=0
  export SLUICE_EMULATOR_PORT=0 SLUICE_NO_INSTALL=1
  # A developer's own keys must not become providers of a test.
  unset OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY GROQ_API_KEY OPENROUTER_API_KEY DEEPSEEK_API_KEY ZAI_API_KEY \
    XAI_API_KEY MINIMAX_API_KEY XIAOMI_API_KEY OPENCODE_API_KEY DASHSCOPE_API_KEY
  trap 'leave_stack $?' EXIT
  trap 'exit 143' TERM INT
  quickstart --detach >"$state/quickstart.out" 2>&1 || { cat "$state/quickstart.out" >&2; exit 1; }
  read_env
}

read_env() {
  set -a
  # shellcheck disable=SC1091
  . "$state/quickstart.env"
  set +a
}

ctl() { "$SLUICE_QUICKSTART_BUILD/controlplane/cli/sluicectl" "$@"; }

# The good end: every program stopped, and none reported an error.
stop_stack() {
  local errors
  quickstart --stop
  errors=$(stack_errors)
  if [ -n "$errors" ]; then
    printf 'the programs of the stack reported errors:\n%s\n' "$errors" >&2
    exit 1
  fi
}

leave_stack() {
  local code=$1 log
  trap - EXIT
  quickstart --stop >/dev/null 2>&1 || true
  if [ "$code" != 0 ]; then
    for log in "$state"/log/*.log; do
      [ -f "$log" ] || continue
      printf -- '---- the end of %s\n' "${log##*/}" >&2
      tail -n 40 "$log" >&2
    done
  fi
  rm -rf "$state"
  exit "$code"
}
