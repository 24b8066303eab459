#include "tests/support/emulator/help_text.h"

namespace sluice::emulator {

const std::string_view kHelpText = R"(
WHAT IT ANSWERS
  On any base path (/v1, /v1beta, /openai/v1, /api/v1, /api/paas/v4, /anthropic/v1, /compatible-mode/v1, ...):
    OpenAI     chat/completions responses models embeddings files files/ID files/ID/content audio/speech
               audio/transcriptions
    Anthropic  messages messages/count_tokens models files
    Gemini     models models/X:generateContent :streamGenerateContent (alt=sse or one JSON array) :countTokens
               :embedContent :batchEmbedContents, files, resumable upload under upload/
    Ollama     /api/chat /api/generate /api/tags /api/embed /api/version
    DashScope  /api/v1/services/...
  /anything          any method and body; answers with the body's length and SHA-256
  Answers are deterministic and name the request's model, its base path and the last 4 characters of its key.

AUTH
  Any accepted key (--key; default: all that begin with sk-emulator) in Authorization: Bearer, x-api-key, api-key,
  x-goog-api-key, and ?key= for Gemini. Ollama's own paths and /anything take none.
  Below /as/PRESET/ (openai anthropic gemini groq openrouter deepseek zai xai minimax xiaomi opencode-go oracle ollama
  bailian), e.g. /as/groq/openai/v1/chat/completions, exactly the header, scheme and default headers of that preset, no other
  credential beside it, and only that preset's base paths: else 401 (path: 404) in its own error shape, and a flag in the report.

CONTROLS: ?emu.NAME=VALUE (percent-encoded) or the header X-Emulator-NAME: VALUE, on every path
  who
    as=PRESET            as below /as/PRESET/, whatever the path: for what stands beside a base URL on its origin
  when
    delay_ms=N           before the head
    first_byte_delay=N   ms between the head and the first byte of the body
    pace_ms=N            between events, or between pieces of the body (see chunk)
    hold=NAME            wait before the head until /emulator/release/NAME is called
    hold_after=N         wait after N events or pieces instead
    early                answer without waiting for the request's body
  how much
    events=N             content events of a stream
    event_bytes=N        pad each to N bytes of text
    prompt_tokens=N      what usage says
    completion_tokens=N
  what instead
    status=N             alone, from 400: the shape's own error; below 300: the usual answer with that status
    reason=TEXT          reason phrase
    header=Name: value   repeatable; the first of a name replaces the emulator's own
    type=MEDIATYPE       Content-Type
    body=TEXT            body_base64=BASE64
    raw=BASE64           the exact bytes of the whole answer; the connection closes after it, unless keep
    redirect=LOCATION    302, or status
    size=N               N bytes of a pattern; seed=S another one
    echo                 the received body, up to 16 MiB
  framing
    chunk=N              chunked, N bytes a chunk; on raw: N bytes a write
    gzip                 Content-Encoding: gzip, flushed after each event
    close_delimited      no length; the end is the close
    http10               likewise, and the status line says HTTP/1.0
    no_keepalive         Connection: close, and it does
    informational=N      a 1xx head before; repeatable
    trailer=Name: value  after a chunked body; repeatable
  what breaks
    stall_after=N        silent for good after N events of a stream, or N bytes of another body
    stall_after_bytes=N  after N bytes of any body
    cut_after=N          close after N bytes of the body
    reset                RST instead of an answer; reset=N: after N bytes of the body
    slow_read=N          read the request's body at N bytes a second; 0: not at all. A client that closes meanwhile is
                         seen once its bytes have reached this machine's buffers, one that resets at once
    no_continue          send no 100 Continue
  An unknown control or a bad value is answered 400 with a sentence.

WHAT IT REPORTS (JSON; times in ms of one monotonic clock, null: not yet)
  GET /emulator/requests?last=N&path=TEXT   the newest requests: exact head (head_base64), headers in order, body length,
                                            SHA-256, framing, chunk sizes, auth, flags, how the answer ended, client_closed_ms
  GET /emulator/requests/ID                 one, with the first 64 KiB of its body as sent (body.raw_base64)
  DELETE /emulator/requests                 forgets them
  GET /emulator/connections                 open, accepted, and each connection's state and times
  GET /emulator/release/NAME                lets go what holds, now and later; DELETE /emulator/holds forgets the names
  GET /emulator/blob?size=N&seed=S          deterministic bytes; /emulator/blob-hash?size=N&seed=S their SHA-256
  Every answer but a raw one names its request: x-request-id (Anthropic: request-id) is emu-ID.
  Flags: bare_line_feed field_without_colon both_content_length_and_transfer_encoding host_missing host_repeated malformed
  gateway_credential_leaked bad_control missing_credential wrong_key foreign_credential missing_header wrong_path
  unknown_preset.
)";

}  // namespace sluice::emulator
