// An instance of each of the fourteen presets before an emulator that insists on that provider's
// auth and paths, and a way to prove one call in full. The expectations here are written apart from
// common/catalog, so that a mistake there is not a mistake here as well.
#pragma once

#include <string>
#include <vector>

#include "tests/integration/shared/shared_stack.h"
#include "tests/support/http_reader.h"

namespace sluice::test {

struct PresetSample {
  std::string name;
  std::string base_path;  // of the provider's public base URL
};
// In the order of the documentation.
const std::vector<PresetSample>& PresetSamples();

// One request, as an application sends it and as it has to arrive.
struct Call {
  std::string preset;
  std::string endpoint;                           // what follows /p/NAME/, without a query
  std::string path;                               // what must arrive, from the provider's origin on
  std::string body;                               // empty: a GET
  std::string auth = "Authorization";             // the header that must carry the provider's key
  std::string query = {};                         // "?alt=sse"
  std::vector<std::string> headers = {};          // the application's own
  std::vector<std::string> default_headers = {};  // that must be added for it
  std::string instance = {};                      // empty: named like the preset
};

struct Proof {
  HttpAnswer answer;      // through the gateway
  nlohmann::json record;  // what the emulator says of the request
};

// Texts of requests that most providers take.
inline constexpr const char* kChat =
    R"({"model":"m-1","messages":[{"role":"user","content":"Grüße, 世界 \u0000"}]})";
inline constexpr const char* kChatStream =
    R"({"model":"m-1","stream":true,"stream_options":{"include_usage":true},"messages":[]})";
inline constexpr const char* kMessage =
    R"({"model":"m-1","max_tokens":9,"messages":[{"role":"user","content":"hello"}]})";
inline constexpr const char* kMessageStream =
    R"({"model":"m-1","max_tokens":9,"stream":true,"messages":[]})";

class PresetTest : public SharedStackTest {
 protected:
  static void SetUpTestSuite();

  // The provider key of an instance.
  static std::string ProviderKey(const std::string& instance) { return "sk-emulator-" + instance; }
  // Creates an instance that `provider` answers, with a key of its own.
  static void Create(const PresetSample& preset, const std::string& instance,
                     const EmulatorProcess& provider);

  // Sends `call` through the gateway with the client's key in every place that a key may stand, and
  // the same straight to the provider. Fails unless the request arrived with the right path, the
  // provider's key in its own place and in no other, no client key anywhere and the body unchanged,
  // and unless both answers are the same.
  Proof Prove(const Call& call) { return Prove(call, emulator()); }
  Proof Prove(const Call& call, const EmulatorProcess& provider);
  // chat/completions with and without v1/, plain and streamed, and models. Returns the stream.
  Proof ProveOpenAi(const std::string& preset, const std::string& base_path,
                    const std::vector<std::string>& headers = {});

  // A request with the client's key as Bearer.
  static HttpAnswer Ask(const std::string& method, const std::string& target,
                        const std::string& body = "", std::vector<std::string> headers = {});
  // What the emulator says of the request that it answered with `answer`.
  static nlohmann::json RecordOf(const HttpAnswer& answer, const EmulatorProcess& provider);
};

}  // namespace sluice::test
