// The table of the conformance suite, by sections of docs/PASSTHROUGH.md, and the words it is
// written in. To add a promise, add a row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/conformance/case.h"

namespace sluice::test {

Cases Section1Route();
Cases Section1Endpoint();
Cases Section2Order();
Cases Section3Credentials();
Cases Section3Headers();
Cases Section3Bodies();
Cases Section4Answers();
Cases Section4Redirects();
Cases Section4Connections();
Cases Section5Gateway();
Cases Section5Provider();
Cases Section6Limits();
Cases Section7Parsing();

// ---- Texts

using Fields = std::vector<std::string>;  // "Name: value", without line ends

// A request as `line` says, with Host, a client's key and `fields`, and `body` behind.
std::string Ask(const std::string& line, const Fields& fields = {}, const std::string& body = "");
// The same without the key.
std::string AskBare(const std::string& line, const Fields& fields = {},
                    const std::string& body = "");
// Exactly these lines, and nothing else.
std::string Lines(const Fields& lines, const std::string& body = "");
// The head of a request as `provider` has to receive it: Host, `fields`, an X-Request-Id unless
// `fields` has one, what the preset adds, the provider's credential, `framing`.
std::string Reaches(const std::string& line, const Fields& fields = {},
                    const std::string& provider = "openai", const Fields& framing = {});
// An answer of the provider, with a Content-Length behind `fields`.
std::string Answers(const std::string& status, const Fields& fields, const std::string& body);
// The same as the client has to receive it, without its body. A framing header that stood before
// the provider's last field keeps its place: it belongs to `fields` then.
std::string Relayed(const std::string& status, const Fields& fields, const std::string& framing);
// Decoded `body` in chunks of `size` bytes, with their end.
std::string Chunks(const std::string& body, size_t size);
// Every byte value once, 0 first.
std::string AllBytes();

// ---- Cases

// A GET that goes through and is answered `ok`. All others begin with it.
Case Through(const std::string& name, const std::string& sends, const std::string& reaches,
             const std::string& provider = "openai");
// A GET of /p/{provider}/{endpoint} that must reach `path` at the provider.
Case Path(const std::string& name, const std::string& endpoint, const std::string& path,
          const std::string& provider = "openai");
// `sent` beside Host and key, and what is left of it.
Case RequestHeader(const std::string& name, const Fields& sent, const Fields& received,
                   const std::string& provider = "openai");
// A POST with `fields`, that frame `body` as it is on the wire.
Case Upload(const std::string& name, const Fields& fields, const std::string& wire_body,
            const Fields& framing, const std::string& body);
// The provider answers exactly `bytes`; the client receives `head` and `body`.
Case Answer(const std::string& name, const std::string& bytes, const std::string& head,
            const std::string& body);
// The provider's `sent` fields, and what the client gets of them.
Case AnswerHeader(const std::string& name, const Fields& sent, const Fields& received,
                  const std::string& provider = "openai");
// The gateway answers `sends` itself; nothing reaches the provider.
Case Refusal(const std::string& name, const std::string& sends, int status, const std::string& code,
             const Fields& more = {});
// The same for a GET of /p/openai/{endpoint} with a key.
Case RefusedPath(const std::string& name, const std::string& endpoint, const std::string& code);
// Not HTTP: 400 malformed_request, and the connection closes.
Case Malformed(const std::string& name, const std::string& sends);
// The provider's `bytes` are refused: 502 `code`, and its connection is never used again.
Case BadAnswer(const std::string& name, const std::string& bytes,
               ProviderEnd end = ProviderEnd::kSilent,
               const std::string& code = "upstream_protocol_error", int status = 502);
// The client gets `head` and `body` and no proper end.
Case Cut(const std::string& name, const std::string& bytes, const std::string& head,
         const std::string& body, ProviderEnd end = ProviderEnd::kSilent);

// The head of the gateway's own answer. `more` stands behind Content-Type.
Received Own(int status, const std::string& code, const Fields& more = {});
// The client's connection closes after the answer, which says so.
Case Closing(Case test);
Case WithSettings(Case test, const Fields& settings);
Case NotPipelined(Case test, const std::string& reason);
// A refusal of a request that has a body: byte by byte it would depend on time whether the body has
// come when the answer goes out, and with that whether the connection stays.
Case WithBody(Case test);
Case At(Case test, const std::string& provider);

// ---- What every case is run beside

// A small request that goes through, for the place before and after a case.
const Case& OrdinaryCase();
Case OrdinaryCase(const std::string& provider);
// A request that the gateway answers itself whatever its settings are.
const Case& ProbeCase();

}  // namespace sluice::test
