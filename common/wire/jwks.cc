#include "common/wire/jwks.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/base64url.h"
#include "common/base/text.h"
#include "common/wire/field_text.h"
#include "common/wire/strict_json.h"

namespace sluice::wire {
namespace {

using crypto::JwsAlgorithm;
using crypto::JwsKey;
using nlohmann::json;

constexpr size_t kMaxBytes = size_t{256} << 10;
constexpr size_t kMaxKeys = 64;
constexpr size_t kMaxKidBytes = 256;

// Members that only a private or a symmetric key has.
constexpr std::array<const char*, 7> kPrivate = {"d", "p", "q", "dp", "dq", "qi", "k"};

absl::Status Bad(size_t index, std::string_view why) {
  return absl::InvalidArgumentError(base::Cat("has a bad key (number ", index + 1, "): it ", why));
}

// Null if the member is missing or no text.
const std::string* TextOf(const json& object, const char* name) {
  const auto member = object.find(name);
  return member == object.end() ? nullptr : member->get_ptr<const std::string*>();
}

bool Is(const json& object, const char* name, std::string_view text) {
  const std::string* value = TextOf(object, name);
  return value != nullptr && *value == text;
}

std::optional<std::string> NumberIn(const json& object, const char* name) {
  const std::string* text = TextOf(object, name);
  return text == nullptr ? std::nullopt : base::DecodeBase64Url(*text);
}

std::optional<JwsAlgorithm> AlgorithmOf(const json& key) {
  if (Is(key, "kty", "RSA")) return JwsAlgorithm::kRs256;
  if (Is(key, "kty", "EC") && Is(key, "crv", "P-256")) return JwsAlgorithm::kEs256;
  if (Is(key, "kty", "OKP") && Is(key, "crv", "Ed25519")) return JwsAlgorithm::kEdDsa;
  return std::nullopt;
}

std::string_view NameOf(JwsAlgorithm algorithm) {
  switch (algorithm) {
    case JwsAlgorithm::kRs256:
      return "RS256";
    case JwsAlgorithm::kEs256:
      return "ES256";
    case JwsAlgorithm::kEdDsa:
      return "EdDSA";
    case JwsAlgorithm::kHs256:
      return "HS256";
  }
  return "";
}

// Whether the key says of itself that it is for such signatures, or nothing.
bool IsForSignatures(const json& key, JwsAlgorithm algorithm) {
  if (key.contains("use") && !Is(key, "use", "sig")) return false;
  if (key.contains("alg") && !Is(key, "alg", NameOf(algorithm))) return false;
  const auto operations = key.find("key_ops");
  if (operations == key.end()) return true;
  return operations->is_array() &&
         std::find(operations->begin(), operations->end(), json("verify")) != operations->end();
}

absl::StatusOr<JwsKey> KeyOf(const json& key, JwsAlgorithm algorithm) {
  const bool rsa = algorithm == JwsAlgorithm::kRs256;
  const auto first = NumberIn(key, rsa ? "n" : "x");
  if (algorithm == JwsAlgorithm::kEdDsa) {
    if (first.has_value()) return JwsKey::Ed25519(*first);
    return absl::InvalidArgumentError("has no x in base64url");
  }
  const auto second = NumberIn(key, rsa ? "e" : "y");
  if (first.has_value() && second.has_value()) {
    return rsa ? JwsKey::Rsa(*first, *second) : JwsKey::P256(*first, *second);
  }
  return absl::InvalidArgumentError(rsa ? "has no n or no e in base64url"
                                        : "has no x or no y in base64url");
}

absl::Status CheckPublic(const json& key) {
  if (!Is(key, "kty", "oct") &&
      std::none_of(kPrivate.begin(), kPrivate.end(),
                   [&](const char* name) { return key.contains(name); })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "holds a private or symmetric key, and a set is of public ones: take that key out, and out "
      "of use, since it was shown");
}

absl::StatusOr<std::optional<std::string>> KidOf(const json& key) {
  if (!key.contains("kid")) return std::optional<std::string>();
  const std::string* kid = TextOf(key, "kid");
  if (kid == nullptr || kid->empty() || kid->size() > kMaxKidBytes) {
    return absl::InvalidArgumentError("has a kid that is no text of 1 to 256 bytes");
  }
  return std::optional<std::string>(*kid);
}

// Nothing for what is passed over.
absl::StatusOr<std::optional<JwksKey>> Read(const json& key) {
  if (!key.is_object() || TextOf(key, "kty") == nullptr) {
    return absl::InvalidArgumentError("is no object with a kty");
  }
  if (absl::Status status = CheckPublic(key); !status.ok()) return status;
  const auto algorithm = AlgorithmOf(key);
  if (!algorithm.has_value() || !IsForSignatures(key, *algorithm)) return std::optional<JwksKey>();
  auto kid = KidOf(key);
  if (!kid.ok()) return kid.status();
  auto made = KeyOf(key, *algorithm);
  if (!made.ok()) return made.status();
  return std::optional<JwksKey>(JwksKey{*std::move(kid), *std::move(made)});
}

}  // namespace

absl::StatusOr<std::vector<JwksKey>> ParseJwks(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(
        base::Cat("has ", text.size(), " bytes, but may have at most ", kMaxBytes));
  }
  const auto set = ParseStrictObject(base::Stripped(text));
  if (!set.has_value()) {
    return absl::InvalidArgumentError("is no JSON object, or has a member twice");
  }
  const auto listed = set->find("keys");
  if (listed == set->end() || !listed->is_array()) {
    return absl::InvalidArgumentError("has no list \"keys\"");
  }
  if (listed->size() > kMaxKeys) {
    return absl::InvalidArgumentError(
        base::Cat("has ", listed->size(), " keys, but may have at most ", kMaxKeys));
  }
  std::vector<JwksKey> keys;
  std::set<std::tuple<std::string, JwsAlgorithm>> seen;
  for (size_t i = 0; i < listed->size(); ++i) {
    auto key = Read((*listed)[i]);
    if (!key.ok()) return Bad(i, base::ToStd(key.status().message()));
    if (!key->has_value()) continue;
    const auto& kid = (*key)->kid;
    if (kid.has_value() && !seen.insert({*kid, (*key)->key.algorithm()}).second) {
      return Bad(i, base::Cat("has the kid ", Quoted(*kid), " of another key of its type"));
    }
    keys.push_back(**std::move(key));
  }
  return keys;
}

std::vector<JwsAlgorithm> AlgorithmsOf(const config::v1::JwtIssuer& issuer) {
  if (issuer.algorithms().empty()) {
    return {JwsAlgorithm::kRs256, JwsAlgorithm::kEs256, JwsAlgorithm::kEdDsa};
  }
  std::vector<JwsAlgorithm> algorithms;
  for (const int algorithm : issuer.algorithms()) {
    switch (algorithm) {
      case config::v1::JWT_ALGORITHM_RS256:
        algorithms.push_back(JwsAlgorithm::kRs256);
        break;
      case config::v1::JWT_ALGORITHM_ES256:
        algorithms.push_back(JwsAlgorithm::kEs256);
        break;
      case config::v1::JWT_ALGORITHM_EDDSA:
        algorithms.push_back(JwsAlgorithm::kEdDsa);
        break;
      case config::v1::JWT_ALGORITHM_HS256:
        algorithms.push_back(JwsAlgorithm::kHs256);
        break;
      default:  // the checker refuses it
        break;
    }
  }
  return algorithms;
}

}  // namespace sluice::wire
