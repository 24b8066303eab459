// What the tests of bodies have in common: instances before the emulator, and short ways to send
// bodies in a told framing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/shared/shared_stack.h"
#include "tests/support/http_reader.h"

namespace sluice::test {

// Sizes of the chunks that a body is sent in; 0: with a Content-Length instead.
using ChunkSize = size_t;

class BodiesTest : public SharedStackTest {
 protected:
  // `plain` is the emulator's root, `openai` and `gemini` the presets of those names before it.
  static void SetUpTestSuite();

  // Another upstream, as provider `name`.
  static void Route(const std::string& name, const std::string& base_url);

  // A request with the client's key; `target` begins with /p/. The answer's body is kept.
  static HttpAnswer Send(const std::string& method, const std::string& target,
                         std::string_view body, ChunkSize chunk = 0,
                         const std::vector<std::string>& headers = {});
  static HttpAnswer Get(const std::string& target) { return Send("GET", target, ""); }
  // The same answer straight from the emulator; `path` as it arrives there.
  static HttpAnswer Direct(const std::string& method, const std::string& path,
                           const std::string& body);
  // The head of a request with a body to follow in that framing.
  static std::string Head(const std::string& method, const std::string& target, ChunkSize chunk,
                          size_t body_size, const std::vector<std::string>& headers = {});
  // What the emulator says of the newest request whose target contains `path`, once it has it all.
  static nlohmann::json Received(const std::string& path);

  static std::string Sha256Of(std::string_view bytes);  // hexadecimal
  // Bytes that do not compress, the ones that the emulator sends for size and seed.
  static std::string Pattern(uint64_t seed, size_t size);
  // Every byte value after every other: 128 KiB.
  static std::string AllPairs();
  static std::string Gzipped(std::string_view plain);
  static std::string Chunk(std::string_view bytes);

  // Big bodies under a sanitizer on a busy machine.
  static Deadline Patient() { return Deadline(std::chrono::minutes(2)); }
};

}  // namespace sluice::test
