# Sourced by the tests of clients, after stack.sh: the provider instances that the clients are pointed at, and a client
# key for them. Sets E2E_URL, E2E_KEY and E2E_EMULATOR.
# shellcheck shell=bash

# instance NAME PRESET BASE_URL [AS]: AS is the preset whose auth the emulator insists on where the base URL cannot say
# it, because other roots of the preset stand on its origin.
instance() {
  local insist=()
  [ $# = 3 ] || insist=(--set "request_headers={\"set\":[{\"name\":\"X-Emulator-As\",\"value\":\"$4\"}]}")
  ctl provider create "$1" --preset "$2" --base-url "$3" "${insist[@]}" >/dev/null
  printf sk-emulator-e2e | ctl provider-key add "$1" --name e2e - >/dev/null
}

create_instances() {
  E2E_EMULATOR=http://127.0.0.1:$(stack_port emulator http)
  instance openai openai "$E2E_EMULATOR/as/openai/v1"
  instance anthropic anthropic "$E2E_EMULATOR/as/anthropic/v1"
  instance gemini gemini "$E2E_EMULATOR/v1beta" gemini
  instance groq groq "$E2E_EMULATOR/openai/v1" groq
  instance ollama ollama "$E2E_EMULATOR/v1" ollama
  instance mistral custom "$E2E_EMULATOR/v1"
  E2E_KEY=$(ctl key create --name e2e --providers openai,anthropic,gemini,groq,ollama,mistral --wait -o json |
    sed -nE 's/.*"key": *"(slk_[^"]+)".*/\1/p')
  [ -n "$E2E_KEY" ] || { echo "instances.sh: key create printed no key" >&2; exit 1; }
  E2E_URL=$SLUICE_URL
  export E2E_KEY E2E_URL E2E_EMULATOR
}
