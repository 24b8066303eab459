#include "dataplane/policy/token_text.h"

#include <algorithm>
#include <utility>

#include "common/base/base64url.h"
#include "common/wire/strict_json.h"

namespace sluice::policy {
namespace {

using crypto::JwsAlgorithm;
using nlohmann::json;

constexpr size_t kMaxTextBytes = size_t{16} << 10;
constexpr size_t kMaxHeaderBytes = size_t{4} << 10;
constexpr size_t kMaxKidBytes = 256;

std::optional<JwsAlgorithm> AlgorithmNamed(const json& header) {
  const auto member = header.find("alg");
  if (member == header.end() || !member->is_string()) return std::nullopt;
  const auto& name = member->get_ref<const std::string&>();
  if (name == "RS256") return JwsAlgorithm::kRs256;
  if (name == "ES256") return JwsAlgorithm::kEs256;
  if (name == "EdDSA") return JwsAlgorithm::kEdDsa;
  if (name == "HS256") return JwsAlgorithm::kHs256;
  return std::nullopt;
}

// False for one that cannot be.
bool ReadKid(const json& header, std::optional<std::string>* kid) {
  const auto member = header.find("kid");
  if (member == header.end()) return true;
  if (!member->is_string()) return false;
  *kid = member->get_ref<const std::string&>();
  return (*kid)->size() <= kMaxKidBytes;
}

std::optional<json> ObjectIn(std::string_view part) {
  const auto decoded = base::DecodeBase64Url(part);
  return decoded.has_value() ? wire::ParseStrictObject(*decoded) : std::nullopt;
}

}  // namespace

bool LooksLikeToken(std::string_view text) {
  // An opening brace, as base64 has it, is what tells it from other keys with dots.
  return text.size() <= kMaxTextBytes && text.starts_with('e') &&
         std::count(text.begin(), text.end(), '.') == 2;
}

std::optional<TokenText> ParseToken(std::string_view text) {
  if (!LooksLikeToken(text)) return std::nullopt;
  const size_t header_end = text.find('.');
  const size_t signed_end = text.rfind('.');
  if (header_end > kMaxHeaderBytes) return std::nullopt;
  const auto header = ObjectIn(text.substr(0, header_end));
  if (!header.has_value()) return std::nullopt;
  for (const char* refused : {"crit", "enc", "zip", "b64"}) {
    if (header->contains(refused)) return std::nullopt;
  }
  const auto algorithm = AlgorithmNamed(*header);
  std::optional<std::string> kid;
  if (!algorithm.has_value() || !ReadKid(*header, &kid)) return std::nullopt;
  auto signature = base::DecodeBase64Url(text.substr(signed_end + 1));
  if (!signature.has_value() || signature->empty()) return std::nullopt;
  auto claims = ObjectIn(text.substr(header_end + 1, signed_end - header_end - 1));
  if (!claims.has_value()) return std::nullopt;
  return TokenText{*algorithm, std::move(kid), *std::move(claims), text.substr(0, signed_end),
                   *std::move(signature)};
}

}  // namespace sluice::policy
