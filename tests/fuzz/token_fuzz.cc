// JSON Web Tokens and the key sets of their issuers.
//
// Input: a letter and a text. "k": a key set. "t": a token as a stranger sends it. "s": a header, a
// line end and claims, which are signed here with the secret of the issuer. Oracle, whatever the
// bytes:
//   - a stranger's token is never good;
//   - one that is signed is good only if it says HS256 and names issuer, audience, subject and a
//     time that is to come; changed at its end it is not;
//   - its bearer has no more than the issuer's tokens may have;
//   - no key of a set verifies what was not signed.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/base/base64url.h"
#include "common/wire/jwks.h"
#include "dataplane/config/live_state.h"
#include "dataplane/policy/bearer.h"
#include "tests/fuzz/oracle.h"

namespace sluice::fuzz {
namespace {

constexpr char kSecret[] = "a secret of at least thirty-two bytes";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

const config::TokenIssuers& TheIssuers() {
  static const auto* const issuers = [] {
    config::v1::Configuration configuration;
    auto& entry = *configuration.add_jwt_issuers();
    entry.set_hs256_secret(kSecret);
    auto& issuer = *entry.mutable_issuer();
    issuer.set_name("fuzz");
    issuer.set_issuer("fuzz");
    issuer.add_audiences("sluice");
    issuer.add_algorithms(config::v1::JWT_ALGORITHM_HS256);
    issuer.add_providers("openai");
    issuer.mutable_limits()->set_concurrent(10);
    issuer.mutable_limits()->mutable_requests()->set_amount(100);
    issuer.mutable_limits()->mutable_requests()->mutable_interval()->set_seconds(100);
    issuer.set_providers_claim("p");
    issuer.set_endpoints_claim("e");
    issuer.set_models_claim("m");
    issuer.set_requests_claim("r");
    issuer.set_concurrent_claim("c");
    config::LiveState live_state;
    return new config::TokenIssuers(configuration, live_state.token_issuers());
  }();
  return *issuers;
}

bool IsGood(const std::string& token, config::TokenMemory::Bearer* bearer = nullptr) {
  const auto verified = policy::VerifyToken(TheIssuers(), token, kNow);
  const auto* good = std::get_if<policy::VerifiedToken>(&verified);
  if (good != nullptr && bearer != nullptr) *bearer = good->bearer;
  return good != nullptr;
}

std::string Signed(std::string_view header, std::string_view claims) {
  const std::string text = base::EncodeBase64Url(header) + "." + base::EncodeBase64Url(claims);
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), kSecret, sizeof(kSecret) - 1,
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), made, &size);
  return text + "." + base::EncodeBase64Url({reinterpret_cast<const char*>(made), size});
}

void CheckKeySet(std::string_view text) {
  const auto keys = wire::ParseJwks(text);
  if (!keys.ok()) return;
  Require(keys->size() <= 64, "a set of more than 64 keys");
  for (const auto& key : *keys) {
    Require(key.key.algorithm() != crypto::JwsAlgorithm::kHs256, "a secret in a set");
    Require(!key.key.Verifies("text", std::string(64, '\1')), "a key verifies what nobody signed");
  }
}

void CheckSigned(std::string_view header, std::string_view claims) {
  std::string token = Signed(header, claims);
  config::TokenMemory::Bearer bearer;
  if (!IsGood(token, &bearer)) return;
  // As a lenient reader takes it: what is good must be so for everybody.
  const auto head = nlohmann::json::parse(header, nullptr, false);
  const auto body = nlohmann::json::parse(claims, nullptr, false);
  Require(head.is_object() && head.value("alg", "") == "HS256", "another algorithm", header);
  Require(body.is_object() && body["iss"] == "fuzz", "another issuer", claims);
  Require(body["aud"] == "sluice" || body["aud"].is_array(), "another audience", claims);
  Require(body["exp"].is_number() && body["exp"].get<double>() > 1'699'999'000, "expired", claims);
  Require(body["sub"].is_string(), "no subject", claims);
  Require(!bearer->MayUse("anthropic"), "a provider beyond the issuer's", claims);
  Require(bearer->terms->concurrent >= 1 && bearer->terms->concurrent <= 10, "more at once",
          claims);
  Require(bearer->terms->requests->spacing >= std::chrono::seconds(1), "more requests", claims);
  Require(bearer->terms->requests->burst <= 100, "a larger burst", claims);
  token[token.size() - 2] = token[token.size() - 2] == 'A' ? 'B' : 'A';
  Require(!IsGood(token), "good with another signature", claims);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::fuzz;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.empty()) return 0;
  const char kind = text.front();
  text.remove_prefix(1);
  if (kind == 'k') CheckKeySet(text);
  if (kind == 't') Require(!IsGood(std::string(text)), "a stranger's token is good", text);
  if (kind == 's') {
    const size_t line = text.find('\n');
    if (line != std::string_view::npos) CheckSigned(text.substr(0, line), text.substr(line + 1));
  }
  return 0;
}
